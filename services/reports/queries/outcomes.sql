select o.status as status, o.reason as reason, count(*) as orders,
  cast(sum(o.total) as bigint) as total
from fact_orders o
where o.day >= $1 and o.day <= $2
group by o.status, o.reason
order by o.status, coalesce(o.reason, '')
