-- For counts by category, price and stock, which read all products but no more of each than this.
create index product_by_facets on product (retired, category_id, price, stock);
