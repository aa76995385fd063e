select d.week as id, d.week as name, count(*) as orders,
  cast(sum(o.units) as bigint) as units, cast(sum(o.subtotal) as bigint) as revenue
from fact_orders o
join dim_days d on d.day = o.day
where o.day >= $1 and o.day <= $2 and o.status in ('confirmed', 'shipped', 'delivered')
group by d.week
order by d.week
limit $3 offset $4
