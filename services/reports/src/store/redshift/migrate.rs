//! The tables of the warehouse, made by whoever comes first.

use jiff::{ToSpan, civil::Date};
use sqlx::{PgConnection, Row, raw_sql};

use super::run;
use crate::{Error, store::STAR};

/// Forward only, as those of the other stores; one that is out is never edited.
const MIGRATIONS: &[(&str, &str)] = &[(
    "0001_create_star",
    include_str!("../../../redshift/0001_create_star.sql"),
)];

/// Applies what the warehouse lacks, and fills the calendar. Of several at once the others wait.
pub(super) async fn migrate(db: &mut PgConnection) -> Result<(), Error> {
    let table = "create table if not exists applied_migration (name varchar(64) not null)";
    // Two at once may both find that there is none, and the second is refused.
    if run(db, table, &[]).await.is_err() {
        run(db, table, &[]).await?;
    }
    run(db, "begin; lock table applied_migration", &[]).await?;
    let applied = raw_sql("select name from applied_migration").fetch_all(&mut *db);
    let applied = applied.await?.into_iter().map(|row| row.try_get(0));
    let applied: Vec<String> = applied.collect::<Result<_, sqlx::Error>>()?;
    for (name, sql) in MIGRATIONS {
        if applied.iter().any(|it| it == name) {
            continue;
        }
        run(db, sql, &[]).await?;
        if *name == "0001_create_star" {
            run(db, &calendar(), &[]).await?;
        }
        let note = "insert into applied_migration (name) values ('$1')";
        run(db, note, &[name]).await?;
    }
    // Who is made later may read from the next process on.
    let reader = "select 1 from pg_user where usename = 'reports_reader'";
    if !raw_sql(reader).fetch_all(&mut *db).await?.is_empty() {
        let star = STAR.join(", ");
        let grant = "grant select on $1 to reports_reader";
        run(db, grant, &[&star]).await?;
    }
    run(db, "commit", &[]).await
}

/// The days from 2024 to 2043. Redshift has nothing that counts days into a table.
fn calendar() -> String {
    let first = Date::constant(2024, 1, 1);
    let days = first.series(1.day()).take_while(|day| day.year() < 2044);
    let days: Vec<String> = days.map(day).collect();
    let columns = "day, year, quarter, month, week, weekday";
    format!(
        "insert into dim_days ({columns}) values {}",
        days.join(", ")
    )
}

fn day(day: Date) -> String {
    let week = day.iso_week_date();
    format!(
        "('{day}', {year}, {quarter}, '{year}-{month:02}', '{week_year}-W{week:02}', {weekday})",
        year = day.year(),
        quarter = (day.month() + 2) / 3,
        month = day.month(),
        week_year = week.year(),
        week = week.week(),
        weekday = week.weekday().to_monday_one_offset(),
    )
}
