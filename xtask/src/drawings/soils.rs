//! Soil in bags, with its use on the label and some of it before the bag.

use super::{
    colour::*,
    geometry::{Curve, Dice, Path, Placement, Point},
    leaves::Leaf,
    scene::{FLOOR, MIDDLE, ledge},
    svg::Drawing,
    vessels::{Form, Pot},
};

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, shadow, goods): (Tint, f64, fn(&mut Drawing)) = match slug {
        "potting-mix" => (SKY, 100.0, potting_mix),
        "seed-starting-mix" => (BLUSHED, 82.0, seed_mix),
        "cactus-mix" => (SAND, 74.0, cactus_mix),
        "orchid-bark" => (SAGE, 74.0, orchid_bark),
        "perlite" => (LILAC, 80.0, perlite),
        _ => return false,
    };
    ledge(d, tint, shadow);
    goods(d);
    true
}

/// A filled plastic bag, welded at both ends, with a round label. `size` is its width and height.
fn bag(d: &mut Drawing, size: Point, colour: Colour, band: Colour) {
    let (half, high) = (size.0 / 2.0, size.1);
    d.under(Placement::at((MIDDLE, FLOOR)), |d| {
        let body = Path::from((-half * 0.94, -high))
            .line((half * 0.94, -high))
            .cubic(
                (half * 0.9, -high * 0.9),
                (half * 1.08, -high * 0.7),
                (half * 1.04, -high * 0.4),
            )
            .cubic(
                (half * 1.06, -high * 0.1),
                (half * 0.98, -8.0),
                (half * 0.92, 0.0),
            )
            .line((-half * 0.92, 0.0))
            .cubic(
                (-half * 0.98, -8.0),
                (-half * 1.06, -high * 0.1),
                (-half * 1.04, -high * 0.4),
            )
            .cubic(
                (-half * 1.08, -high * 0.7),
                (-half * 0.9, -high * 0.9),
                (-half * 0.94, -high),
            )
            .close();
        d.shape(&body, colour);
        let low = Path::from((-half * 1.035, -high * 0.3))
            .quad((0.0, -high * 0.22), (half * 1.035, -high * 0.3))
            .cubic(
                (half * 1.04, -high * 0.1),
                (half * 0.97, -8.0),
                (half * 0.915, -1.0),
            )
            .line((-half * 0.915, -1.0))
            .cubic(
                (-half * 0.97, -8.0),
                (-half * 1.04, -high * 0.1),
                (-half * 1.035, -high * 0.3),
            )
            .close();
        d.flat(&low, band);
        let far = Path::from((half * 0.74, -high + 1.0))
            .line((half * 0.93, -high + 1.0))
            .cubic(
                (half * 0.89, -high * 0.9),
                (half * 1.07, -high * 0.7),
                (half * 1.03, -high * 0.4),
            )
            .cubic(
                (half * 1.05, -high * 0.1),
                (half * 0.97, -8.0),
                (half * 0.91, -1.0),
            )
            .line((half * 0.66, -1.0))
            .cubic(
                (half * 0.86, -high * 0.3),
                (half * 0.86, -high * 0.7),
                (half * 0.74, -high + 1.0),
            )
            .close();
        d.flat(&far, colour.shade());
        let far_low = Path::from((half * 0.82, -high * 0.273))
            .line((half * 1.03, -high * 0.3))
            .cubic(
                (half * 1.04, -high * 0.1),
                (half * 0.97, -8.0),
                (half * 0.91, -1.0),
            )
            .line((half * 0.66, -1.0))
            .quad((half * 0.78, -high * 0.12), (half * 0.82, -high * 0.273))
            .close();
        d.flat(&far_low, band.shade());
        d.line(&body, INK, 2.0);
        let weld = |y: f64, part: f64| Path::through(&[(-half * part, y), (half * part, y)]);
        d.line(&weld(-high + 14.0, 0.9), colour.shade(), 2.4);
        d.line(&weld(-high + 20.0, 0.9), colour.shade(), 2.4);
        let folds = Path::from((-half * 0.8, -high + 30.0))
            .quad((-half * 0.9, -high * 0.7), (-half * 0.84, -high * 0.5))
            .and(
                &Path::from((-half * 0.62, -high + 28.0))
                    .quad((-half * 0.68, -high * 0.84), (-half * 0.64, -high * 0.76)),
            );
        d.line(&folds, colour.light(), 4.0);
        let text = band.mix(WHITE, 0.75);
        d.line(&weld(-high * 0.13, 0.42), text, 7.0);
        d.line(&weld(-high * 0.075, 0.24), text, 4.0);
    });
}

/// A heap of loose stuff before a bag: grains of the given colours, each of about a size.
pub(super) fn heap(
    d: &mut Drawing,
    (x, y): Point,
    half: f64,
    ground: Option<Colour>,
    colours: &[Colour],
    size: f64,
) {
    if let Some(ground) = ground {
        let mound = Path::from((x - half, y))
            .cubic(
                (x - half * 0.5, y - half * 0.7),
                (x + half * 0.4, y - half * 0.74),
                (x + half, y),
            )
            .quad((x, y + 8.0), (x - half, y))
            .close();
        d.shape(&mound, ground);
    }
    let mut dice = Dice::new(half as u64 + size as u64);
    for row in 0..3_u32 {
        let count = 6 - 2 * row;
        for index in 0..count {
            let across = (f64::from(index) + 0.5) / f64::from(count) * 2.0 - 1.0;
            let wide = half * (0.94 - 0.28 * f64::from(row));
            let at = (
                x + across * wide,
                y - 2.0 - half * 0.19 * f64::from(row) + dice.throw(-2.0, 2.0),
            );
            let (grow, turn) = (dice.throw(0.8, 1.2), dice.throw(0.0, 180.0));
            let tone = colours[(index + row) as usize % colours.len()];
            let grain = Path::soft(&[
                (-1.2, -0.5),
                (0.2, -1.0),
                (1.3, -0.4),
                (1.0, 0.8),
                (-0.8, 0.9),
            ]);
            let place = Placement::at(at).turned(turn).sized(size * grow);
            d.pen(1.5, |d| d.shape(&grain.placed(place), tone));
        }
    }
}

/// A seedling with two round seed leaves, its foot at a point.
fn seedling(d: &mut Drawing, (x, y): Point, size: f64) {
    d.tube(&Path::through(&[(x, y), (x, y - size * 0.6)]), STEM, 4.0);
    for side in [-1.0, 1.0] {
        Leaf::new(
            size * 0.62,
            size * 0.4,
            if side < 0.0 { FRESH } else { LEAF },
        )
        .draw(d, (x, y - size * 0.56), side * 52.0);
    }
}

fn potting_mix(d: &mut Drawing) {
    bag(d, (206.0, 272.0), DEEP, MUSTARD);
    d.disc((MIDDLE, 188.0), 66.0, PAPER);
    let pot = Pot::new(Form::Rimmed, CLAY, 58.0, 46.0);
    for (turn, long) in [(-52.0, 44.0), (52.0, 44.0), (-20.0, 54.0), (24.0, 52.0)] {
        Leaf::new(long, 20.0, LEAF).draw(d, (MIDDLE, 190.0), turn);
    }
    pot.draw(d, (MIDDLE, 240.0));
    heap(
        d,
        (318.0, FLOOR + 16.0),
        44.0,
        Some(EARTH),
        &[BARK, EARTH.light(), JUTE, BARK],
        4.6,
    );
}

fn seed_mix(d: &mut Drawing) {
    bag(d, (168.0, 218.0), TEAL, CREAM.mix(JUTE, 0.5));
    d.disc((MIDDLE, 220.0), 53.0, PAPER);
    let soil = Path::from((154.0, 236.0))
        .quad((MIDDLE, 222.0), (246.0, 236.0))
        .quad((232.0, 272.0), (MIDDLE, 273.0))
        .quad((168.0, 272.0), (154.0, 236.0))
        .close();
    d.shape(&soil, EARTH);
    for (x, size) in [(174.0, 34.0), (226.0, 34.0), (MIDDLE, 46.0)] {
        seedling(d, (x, 230.0), size);
    }
    heap(
        d,
        (300.0, FLOOR + 14.0),
        36.0,
        Some(EARTH.mix(BARK, 0.4)),
        &[EARTH, EARTH.light()],
        2.6,
    );
}

fn cactus_mix(d: &mut Drawing) {
    bag(d, (150.0, 204.0), CORAL, SLATE);
    d.disc((MIDDLE, 232.0), 48.0, PAPER);
    let arms = Path::from((MIDDLE, 262.0)).line((MIDDLE, 204.0));
    d.tube(&arms, LEAF, 22.0);
    for (side, low) in [(-1.0, 244.0), (1.0, 236.0)] {
        let x = |out: f64| MIDDLE + side * out;
        let arm = Path::from((x(10.0), low)).quad((x(27.0), low), (x(27.0), low - 20.0));
        d.tube(&arm, LEAF, 12.0);
    }
    d.line(&arms, LEAF, 22.0);
    d.dots(
        &Path::through(&[(194.0, 258.0), (194.0, 204.0)]),
        LEMON,
        3.4,
        11.0,
    );
    d.dots(
        &Path::through(&[(206.0, 253.0), (206.0, 204.0)]),
        LEMON,
        3.4,
        11.0,
    );
    d.line(&Path::through(&[(168.0, 266.0), (232.0, 266.0)]), BARK, 5.0);
    heap(
        d,
        (296.0, FLOOR + 14.0),
        38.0,
        None,
        &[STONE, COPPER, CREAM, BARK, JUTE],
        6.4,
    );
}

fn orchid_bark(d: &mut Drawing) {
    bag(d, (150.0, 204.0), MAUVE.mix(VIOLET, 0.4), WINE);
    d.disc((MIDDLE, 232.0), 48.0, PAPER);
    let spray = Curve([
        (180.0, 272.0),
        (172.0, 220.0),
        (196.0, 192.0),
        (226.0, 202.0),
    ]);
    d.tube(&spray.path(), STEM, 3.4);
    Leaf::new(34.0, 15.0, LEAF)
        .bend(8.0)
        .draw(d, (180.0, 270.0), 60.0);
    for (at, size) in [
        ((188.0, 218.0), 17.0),
        ((218.0, 210.0), 16.0),
        ((222.0, 240.0), 15.0),
    ] {
        d.under(Placement::at(at).sized(size), |d| {
            for turn in [0.0, 125.0, -125.0] {
                Leaf::new(1.0, 0.6, BLUSH).draw(d, (0.0, 0.0), turn);
            }
            for turn in [-72.0, 72.0] {
                Leaf::new(1.05, 1.0, ROSE).draw(d, (0.0, 0.0), turn);
            }
            d.spot((0.0, 0.14), 0.22, CRIMSON);
        });
    }
    heap(
        d,
        (300.0, FLOOR + 14.0),
        42.0,
        None,
        &[BARK, COPPER.mix(BARK, 0.5), WOOD.mix(BARK, 0.4)],
        9.0,
    );
}

fn perlite(d: &mut Drawing) {
    bag(d, (164.0, 226.0), SKY.ledge, BLUE);
    let window = Path::ellipse((MIDDLE, 214.0), 54.0, 52.0);
    d.shape(&window, STONE.light());
    let mut dice = Dice::new(17);
    for row in 0..5_i32 {
        let wide = [32.0, 44.0, 46.0, 42.0, 28.0][row as usize];
        for index in 0..4 {
            let x = MIDDLE - wide + wide * 2.0 / 3.0 * f64::from(index) + dice.throw(-3.0, 3.0);
            let at = (x, 175.0 + 19.0 * f64::from(row) + dice.throw(-3.0, 3.0));
            d.pen(1.4, |d| {
                d.disc(at, dice.throw(5.6, 8.6), WHITE.mix(STONE, 0.06))
            });
        }
    }
    heap(
        d,
        (302.0, FLOOR + 14.0),
        40.0,
        None,
        &[WHITE, WHITE, CREAM.light()],
        7.0,
    );
}
