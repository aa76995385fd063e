module terrace.example/sdk

go 1.23
