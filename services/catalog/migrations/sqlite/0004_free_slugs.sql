-- The slug of what is sold no more is free for another product.
update product set slug = slug || '-' || lower(hex(id)) where retired = 1;
