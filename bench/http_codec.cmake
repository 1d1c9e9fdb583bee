evershore_bench(http_codec DEPS wire_http)
