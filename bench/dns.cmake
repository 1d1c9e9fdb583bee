evershore_bench(dns_answer DEPS dns wire_dns routing model base)
