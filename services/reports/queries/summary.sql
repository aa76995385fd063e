select count(*) as orders,
  cast(coalesce(sum(o.units), 0) as bigint) as units,
  cast(coalesce(sum(o.subtotal), 0) as bigint) as revenue,
  cast(coalesce(sum(o.shipping), 0) as bigint) as shipping,
  cast(coalesce(sum(o.tax), 0) as bigint) as tax,
  count(distinct o.customer_key) as customers,
  count(distinct case when c.first_day < $1 then o.customer_key end) as returning_customers
from fact_orders o
left join dim_customers c on c.customer_key = o.customer_key
where o.day >= $1 and o.day <= $2 and o.status in ('confirmed', 'shipped', 'delivered')
