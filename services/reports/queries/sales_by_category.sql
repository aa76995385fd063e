select p.category as id, p.category as name, count(distinct l.order_id) as orders,
  cast(sum(l.quantity) as bigint) as units, cast(sum(l.line_total) as bigint) as revenue
from fact_lines l
join fact_orders o on o.order_id = l.order_id
join dim_products p on p.product_id = l.product_id
where l.day >= $1 and l.day <= $2 and o.status in ('confirmed', 'shipped', 'delivered')
group by p.category
order by revenue desc, p.category
limit $3 offset $4
