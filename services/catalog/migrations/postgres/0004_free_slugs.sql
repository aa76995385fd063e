-- The slug of what is sold no more is free for another product.
update product set slug = slug || '-' || id where retired;
