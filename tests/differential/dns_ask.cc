// Asks several name servers on 127.0.0.1 the same questions and tells which answers differ. Speaks and reads DNS by ldns alone, so that an
// error of Evershore's own wire format cannot hide itself.
//
//   dns_ask ZONE PORT PORT... < questions > differences
//
// A question is a line "NAME TYPE" or "NAME TYPE +DO". For each that is not answered alike a line "INDEX HEX HEX..." is written, INDEX from
// 0, one message a server in the order of the ports. Alike means: the same code, AA, answer section, and authority section without the
// zone's own NS beside an authoritative answer; order, case of names, the SOA's serial and the additional section do not count. A question
// that one server truncates is asked of all over TCP: what they leave out to make it fit is their own affair. Exit 1 when a server does not
// answer: three tries, two seconds each.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// Last: it defines words that the standard library uses.
#include <ldns/ldns.h>

namespace {

constexpr size_t kWindow = 64;  // questions in flight; fits any server's socket buffer
constexpr int kTries = 3;
constexpr int kTryMilliseconds = 2'000;
constexpr uint16_t kPayload = 1232;
constexpr size_t kMessageMax = 65'535;
constexpr size_t kHeader = 12;
constexpr size_t kFlags = 2;  // in the header
constexpr uint8_t kTruncated = 0x02;

using Bytes = std::vector<uint8_t>;

template <auto kFree>
struct Freer {
  template <class T>
  void operator()(T* value) const {
    kFree(value);
  }
};
using Packet = std::unique_ptr<ldns_pkt, Freer<ldns_pkt_free>>;
using Record = std::unique_ptr<ldns_rr, Freer<ldns_rr_free>>;
using Dname = std::unique_ptr<ldns_rdf, Freer<ldns_rdf_deep_free>>;

[[noreturn]] void die(const std::string& why) {
  std::cerr << "dns_ask: " << why << '\n';
  std::exit(1);
}

void put16(Bytes& out, uint16_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8U));
  out.push_back(static_cast<uint8_t>(value));
}

Bytes query_of(const std::string& line, uint16_t id) {
  const auto space = line.find(' ');
  if (space == std::string::npos) die("not a question: " + line);
  const auto end = line.find(' ', space + 1);
  const Dname name(ldns_dname_new_frm_str(line.substr(0, space).c_str()));
  if (!name) die("not a name: " + line);
  Bytes out;
  for (const uint16_t field : {id, uint16_t{0}, uint16_t{1}, uint16_t{0}, uint16_t{0}, uint16_t{1}}) put16(out, field);
  out.insert(out.end(), ldns_rdf_data(name.get()), ldns_rdf_data(name.get()) + ldns_rdf_size(name.get()));
  put16(out, static_cast<uint16_t>(ldns_get_rr_type_by_name(line.substr(space + 1, end - space - 1).c_str())));
  put16(out, LDNS_RR_CLASS_IN);
  out.push_back(0);  // OPT
  put16(out, LDNS_RR_TYPE_OPT);
  put16(out, kPayload);
  put16(out, 0);
  put16(out, end == std::string::npos ? 0 : 0x8000);  // DO
  put16(out, 0);
  return out;
}

class Server {
 public:
  explicit Server(uint16_t port) : port_(port), udp_(connected(SOCK_DGRAM)) {}

  void send(const Bytes& query) { (void)::send(udp_, query.data(), query.size(), 0); }  // lost is asked again

  // Answers to the questions with the IDs from `first_id` on into `answers`, until all are there or the time is over. True when all are.
  bool collect(std::vector<Bytes>& answers, uint16_t first_id) {
    auto missing = static_cast<size_t>(std::ranges::count_if(answers, &Bytes::empty));
    Bytes message(kMessageMax);
    while (missing > 0) {
      pollfd ready{.fd = udp_, .events = POLLIN, .revents = 0};
      if (poll(&ready, 1, kTryMilliseconds) <= 0) return false;
      const auto got = recv(udp_, message.data(), message.size(), 0);
      if (got < static_cast<ssize_t>(kHeader)) continue;
      const auto index = static_cast<uint16_t>((message[0] << 8U | message[1]) - first_id);
      if (index >= answers.size() || !answers[index].empty()) continue;  // a second answer to a question asked again, now or before
      answers[index].assign(message.begin(), message.begin() + got);
      --missing;
    }
    return true;
  }

  Bytes over_tcp(const Bytes& query) const {
    const int fd = connected(SOCK_STREAM);
    Bytes out;
    put16(out, static_cast<uint16_t>(query.size()));
    out.insert(out.end(), query.begin(), query.end());
    if (::send(fd, out.data(), out.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(out.size()))
      die("cannot send over TCP to port " + std::to_string(port_));
    const auto length = read_exactly(fd, 2);
    auto answer = read_exactly(fd, static_cast<size_t>(length[0]) << 8U | length[1]);
    close(fd);
    return answer;
  }

  uint16_t port() const { return port_; }

 private:
  int connected(int type) const {
    const int fd = socket(AF_INET, type, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port_);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0) die("cannot connect to port " + std::to_string(port_));
    return fd;
  }

  Bytes read_exactly(int fd, size_t count) const {
    Bytes in(count);
    for (size_t have = 0; have < count;) {
      pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
      const auto got = poll(&ready, 1, kTryMilliseconds) > 0 ? recv(fd, in.data() + have, count - have, 0) : 0;
      if (got <= 0) die("no answer over TCP from port " + std::to_string(port_));
      have += static_cast<size_t>(got);
    }
    return in;
  }

  uint16_t port_;
  int udp_;
};

// The parts of an answer that count, in one order.
struct View {
  int code = -1;
  bool authoritative = false;
  std::vector<Bytes> answer;
  std::vector<Bytes> authority;
  bool operator==(const View&) const = default;
};

bool is_own_ns(const ldns_rr* record, const ldns_rdf* zone) {
  const auto type = ldns_rr_get_type(record);
  const bool ns = type == LDNS_RR_TYPE_NS ||
                  (type == LDNS_RR_TYPE_RRSIG && ldns_rdf2native_int16(ldns_rr_rrsig_typecovered(record)) == LDNS_RR_TYPE_NS);
  return ns && ldns_dname_compare(ldns_rr_owner(record), zone) == 0;
}

Bytes canonical(const ldns_rr* record) {
  const Record copy(ldns_rr_clone(record));
  if (ldns_rr_get_type(copy.get()) == LDNS_RR_TYPE_SOA) {
    ldns_rdf_deep_free(
        ldns_rr_set_rdf(copy.get(), ldns_native2rdf_int32(LDNS_RDF_TYPE_INT32, 0), 2));  // the serial: ours counts changes of health, too
  }
  ldns_rr2canonical(copy.get());
  uint8_t* wire = nullptr;
  size_t size = 0;
  if (ldns_rr2wire(&wire, copy.get(), LDNS_SECTION_ANSWER, &size) != LDNS_STATUS_OK) die("a record that ldns cannot write");
  Bytes out(wire, wire + size);
  std::free(wire);  // NOLINT: ldns allocates by malloc
  return out;
}

std::vector<Bytes> section_of(const ldns_rr_list* records, const ldns_rdf* without_ns_of) {
  std::vector<Bytes> out;
  for (size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
    const auto* record = ldns_rr_list_rr(records, i);
    if (without_ns_of == nullptr || !is_own_ns(record, without_ns_of)) out.push_back(canonical(record));
  }
  std::ranges::sort(out);
  return out;
}

// A message that ldns cannot read equals none.
View view_of(const Bytes& message, const ldns_rdf* zone) {
  ldns_pkt* raw = nullptr;
  if (ldns_wire2pkt(&raw, message.data(), message.size()) != LDNS_STATUS_OK) return {};
  const Packet packet(raw);
  View view{.code = ldns_pkt_get_rcode(raw), .authoritative = ldns_pkt_aa(raw), .answer = {}, .authority = {}};
  view.answer = section_of(ldns_pkt_answer(raw), nullptr);
  view.authority = section_of(ldns_pkt_authority(raw), view.authoritative ? zone : nullptr);
  return view;
}

void print_hex(const Bytes& message) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : message) text += {kDigits[byte >> 4U], kDigits[byte & 15U]};
  std::cout << ' ' << text;
}

// answers[server][question]
std::vector<std::vector<Bytes>> ask_all(std::vector<Server>& servers, const std::vector<Bytes>& queries, uint16_t first_id) {
  std::vector answers(servers.size(), std::vector<Bytes>(queries.size()));
  for (auto& server : servers) {
    for (const auto& query : queries) server.send(query);
  }
  for (size_t s = 0; s < servers.size(); ++s) {
    for (int tried = 1; !servers[s].collect(answers[s], first_id); ++tried) {
      if (tried == kTries) die("no answer from port " + std::to_string(servers[s].port()));
      for (size_t q = 0; q < queries.size(); ++q) {
        if (answers[s][q].empty()) servers[s].send(queries[q]);
      }
    }
  }
  for (size_t q = 0; q < queries.size(); ++q) {
    if (std::ranges::none_of(answers, [&](const auto& of_server) { return (of_server[q][kFlags] & kTruncated) != 0; })) continue;
    for (size_t s = 0; s < servers.size(); ++s) answers[s][q] = servers[s].over_tcp(queries[q]);
  }
  return answers;
}

void compare(const std::vector<std::vector<Bytes>>& answers, size_t first, const ldns_rdf* zone) {
  for (size_t q = 0; q < answers.front().size(); ++q) {
    const auto& message = answers.front()[q];
    const auto ours = view_of(message, zone);
    const auto same = [&](const auto& of_server) { return of_server[q] == message || view_of(of_server[q], zone) == ours; };
    const bool alike = ours.code >= 0 && std::all_of(answers.begin() + 1, answers.end(), same);
    if (alike) continue;
    std::cout << first + q;
    for (const auto& of_server : answers) print_hex(of_server[q]);
    std::cout << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) die("usage: dns_ask ZONE PORT PORT... < questions");
  const Dname zone(ldns_dname_new_frm_str(argv[1]));
  if (!zone) die("not a zone's name");
  std::vector<Server> servers;
  for (int i = 2; i < argc; ++i) servers.emplace_back(static_cast<uint16_t>(std::strtoul(argv[i], nullptr, 10)));
  std::ios::sync_with_stdio(false);
  std::string line;
  for (size_t first = 0;;) {
    std::vector<Bytes> queries;
    while (queries.size() < kWindow && std::getline(std::cin, line))
      queries.push_back(query_of(line, static_cast<uint16_t>(first + queries.size())));
    if (queries.empty()) break;
    compare(ask_all(servers, queries, static_cast<uint16_t>(first)), first, zone.get());
    first += queries.size();
  }
  std::cout.flush();
  return std::cout.good() ? 0 : 1;
}
