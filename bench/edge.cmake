evershore_bench(edge_cache DEPS edge_run edge io routing wire_s3 wire_http model base)
evershore_bench(edge_eviction DEPS edge wire_http model base)
