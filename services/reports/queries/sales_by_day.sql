select o.day as id, o.day as name, count(*) as orders,
  cast(sum(o.units) as bigint) as units, cast(sum(o.subtotal) as bigint) as revenue
from fact_orders o
where o.day >= $1 and o.day <= $2 and o.status in ('confirmed', 'shipped', 'delivered')
group by o.day
order by o.day
limit $3 offset $4
