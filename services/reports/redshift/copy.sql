-- A day's files into staged_line: the one statement of these that PostgreSQL does not know. The role is the namespace's own.
copy staged_line from '$1' iam_role default format as json 'auto' gzip
