-- For counts by category, price and stock, which read all products but no more of each than this. What is indexed of the stock
-- changes with the last piece alone: a sale of any other leaves all indexes as they are.
alter table product add column in_stock boolean not null generated always as (stock > 0) stored;
create index product_by_facets on product (category_id, price, in_stock) where not retired;
