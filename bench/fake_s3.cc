// A very fast S3 in memory, one thread, one bucket of any name: the two ends of a replication benchmark. Real servers are
// far slower than what is to be measured. It trusts every signature, hashes what it is given, knows GET, HEAD, PUT, DELETE
// with conditions, and ListObjects (V1, V2); everything else is 501. It shares no code with what it measures.
// Large bodies cost it as little as can be: what is uploaded is hashed as it comes and not kept beyond kKeptBytesMax (it
// cannot be read back), what is downloaded is sent from where it lies.
//
//   fake_s3 --port 0 [--fill 20000 --bytes 1024-4096 --seed 1] [--stale 100] [--delay-ms 20]
// --stale N: every N-th object has other bytes than the same seed gives without it, and all are an hour old. --delay-ms: what a request
// waits before it is looked at, as if the server were far away. GET /_requests tells how many requests there were.
//
// prints "port N", then serves until it is killed.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

constexpr size_t kKeptBytesMax = 1 << 20;

struct Object {
  std::shared_ptr<const std::string> bytes;  // nullptr: too large to keep
  size_t size = 0;
  std::string etag;       // without quotes
  std::string headers;    // ready lines: content-type, x-amz-meta-...
  std::string http_date;  // Last-Modified
  std::string iso_date;
};
std::map<std::string, Object> objects;  // the one bucket; one thread

struct Request {
  std::string method;
  std::string path;
  std::string query;
  std::vector<std::pair<std::string, std::string>> headers;  // names lower case
  std::string body;
  std::string_view header(std::string_view name) const {
    for (const auto& [at, value] : headers)
      if (at == name) return value;
    return {};
  }
};

// A body that is hashed while it comes.
struct Upload {
  Request request;
  size_t length = 0;
  size_t left = 0;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> md5{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

struct Connection {
  int fd = -1;
  std::string in;
  size_t taken = 0;  // bytes of `in` already used
  std::optional<Upload> upload;
  std::string out;
  size_t sent = 0;
  std::shared_ptr<const std::string> body;  // follows `out`; no further request is looked at before it is sent
  size_t body_at = 0;
  size_t body_end = 0;
  bool continued = false;  // 100 Continue was sent for the request being read
  bool waiting = false;    // what has come waits for the delay
};

uint64_t requests_seen = 0;
std::time_t age_of_stored = 0;  // seconds; of what is stored now

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

std::string decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

std::string encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || std::strchr("-._~/", c) != nullptr;
    if (plain && c != '\0')
      out.push_back(c);
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// The value of a query parameter; nullopt when absent.
std::optional<std::string> parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const auto equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) == name) return decode(equals < pair.size() ? pair.substr(equals + 1) : std::string_view{});
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return std::nullopt;
}

using Md5 = std::array<unsigned char, 16>;

std::string hex_of(const Md5& digest) {
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::string date_as(const char* format, std::time_t when) {
  std::tm parts{};
  gmtime_r(&when, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

void store(const std::string& key, const Md5& md5, size_t size, std::shared_ptr<const std::string> bytes, std::string headers) {
  const std::time_t now = std::time(nullptr) - age_of_stored;
  Object object;
  object.etag = hex_of(md5);
  object.size = size;
  object.bytes = std::move(bytes);
  object.headers = std::move(headers);
  object.http_date = date_as("%a, %d %b %Y %H:%M:%S GMT", now);
  object.iso_date = date_as("%Y-%m-%dT%H:%M:%S.000Z", now);
  objects[key] = std::move(object);
}

void store(const std::string& key, std::string bytes, std::string headers) {
  Md5 digest{};
  unsigned length = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_md5(), nullptr);
  const size_t size = bytes.size();
  store(key, digest, size, std::make_shared<const std::string>(std::move(bytes)), std::move(headers));
}

// --- answers ---

void answer(Connection& to, int status, std::string_view headers, std::string_view body) {
  fmt::format_to(std::back_inserter(to.out), "HTTP/1.1 {} -\r\n{}Content-Length: {}\r\n\r\n", status, headers, body.size());
  to.out.append(body);
}

void refuse(Connection& to, const Request& request, int status, std::string_view code) {
  const std::string body = fmt::format("<?xml version=\"1.0\"?><Error><Code>{}</Code><Message>{}</Message></Error>", code, code);
  if (request.method == "HEAD")
    fmt::format_to(std::back_inserter(to.out), "HTTP/1.1 {} -\r\nContent-Length: 0\r\n\r\n", status);
  else
    answer(to, status, "Content-Type: application/xml\r\n", body);
}

bool etag_matches(std::string_view condition, const Object* object) {
  return object != nullptr && (condition == "*" || condition == '"' + object->etag + '"');
}

bool conditions_hold(const Request& request, const Object* object) {
  const auto match = request.header("if-match");
  const auto none_match = request.header("if-none-match");
  if (!match.empty() && !etag_matches(match, object)) return false;
  return none_match.empty() || !etag_matches(none_match, object);
}

struct Slice {
  size_t first = 0;
  size_t length = 0;
  bool partial = false;
};

// "bytes=3-6" and "bytes=3-"; anything else is the whole object.
Slice slice_of(std::string_view range, size_t size) {
  const auto dash = range.find('-');
  if (!range.starts_with("bytes=") || dash == std::string_view::npos || dash == 6) return {0, size, false};
  const size_t first = std::strtoull(range.data() + 6, nullptr, 10);
  if (first >= size) return {0, size, false};
  const bool open = dash + 1 >= range.size();
  const size_t last = open ? size - 1 : std::min<size_t>(std::strtoull(range.data() + dash + 1, nullptr, 10), size - 1);
  return {first, last - first + 1, true};
}

void get(Connection& to, const Request& request, const Object* object) {
  if (object == nullptr) return refuse(to, request, 404, "NoSuchKey");
  if (!conditions_hold(request, object)) return refuse(to, request, 412, "PreconditionFailed");
  if (request.method == "GET" && object->bytes == nullptr) return refuse(to, request, 501, "NotImplemented");
  const bool part = parameter(request.query, "partNumber").has_value() && object->size > 0;
  const Slice slice = part ? Slice{0, object->size, true} : slice_of(request.header("range"), object->size);
  fmt::format_to(std::back_inserter(to.out),
                 "HTTP/1.1 {} -\r\nContent-Length: {}\r\nETag: \"{}\"\r\nLast-Modified: {}\r\nAccept-Ranges: bytes\r\n{}",
                 slice.partial ? 206 : 200, slice.length, object->etag, object->http_date, object->headers);
  if (slice.partial)
    fmt::format_to(std::back_inserter(to.out), "Content-Range: bytes {}-{}/{}\r\n", slice.first, slice.first + slice.length - 1,
                   object->size);
  to.out += "\r\n";
  if (request.method != "GET") return;
  to.body = object->bytes;
  to.body_at = slice.first;
  to.body_end = slice.first + slice.length;
}

std::string kept_headers(const Request& request) {
  std::string kept;
  for (const auto& [name, value] : request.headers) {
    const bool own = name == "content-type" || name == "cache-control" || name == "content-encoding" || name.starts_with("x-amz-meta-");
    if (own) kept += name + ": " + value + "\r\n";
  }
  return kept;
}

// `upload`: the body has gone by and only its hash is left.
void put(Connection& to, Request& request, const std::string& key, const Object* object, const Upload* upload) {
  if (!request.header("x-amz-copy-source").empty() || !request.query.empty()) return refuse(to, request, 501, "NotImplemented");
  if (!conditions_hold(request, object)) return refuse(to, request, 412, "PreconditionFailed");
  if (upload != nullptr) {
    Md5 digest{};
    unsigned length = 0;
    EVP_DigestFinal_ex(upload->md5.get(), digest.data(), &length);
    store(key, digest, upload->length, nullptr, kept_headers(request));
  } else {
    store(key, std::move(request.body), kept_headers(request));
  }
  answer(to, 200, fmt::format("ETag: \"{}\"\r\n", objects[key].etag), "");
}

void list(Connection& to, const Request& request) {
  if (!parameter(request.query, "delimiter").value_or("").empty()) return refuse(to, request, 501, "NotImplemented");
  const bool v2 = parameter(request.query, "list-type") == "2";
  const std::string prefix = parameter(request.query, "prefix").value_or("");
  const auto token = parameter(request.query, "continuation-token");
  const std::string after = token ? *token : parameter(request.query, v2 ? "start-after" : "marker").value_or("");
  const size_t max = std::min<size_t>(std::strtoull(parameter(request.query, "max-keys").value_or("1000").c_str(), nullptr, 10), 1000);
  const bool url = parameter(request.query, "encoding-type") == "url";
  auto at = after < prefix ? objects.lower_bound(prefix) : objects.upper_bound(after);
  std::string body;
  std::string last;
  size_t count = 0;
  for (; at != objects.end() && at->first.starts_with(prefix) && count < max; ++at, ++count) {
    last = at->first;
    fmt::format_to(std::back_inserter(body),
                   "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>&quot;{}&quot;</ETag><Size>{}</Size>"
                   "<StorageClass>STANDARD</StorageClass></Contents>",
                   url ? encode(last) : last, at->second.iso_date, at->second.etag, at->second.size);
  }
  const bool more = count > 0 && at != objects.end() && at->first.starts_with(prefix);
  std::string head = fmt::format(
      "<?xml version=\"1.0\"?><ListBucketResult><Name>b</Name><Prefix>{}</Prefix><MaxKeys>{}</MaxKeys><IsTruncated>{}</IsTruncated>{}",
      encode(prefix), max, more, url ? "<EncodingType>url</EncodingType>" : "");
  if (more && v2) head += "<NextContinuationToken>" + encode(last) + "</NextContinuationToken>";
  if (more && !v2) head += "<NextMarker>" + (url ? encode(last) : last) + "</NextMarker>";
  answer(to, 200, "Content-Type: application/xml\r\n", head + body + "</ListBucketResult>");
}

// Path style: "/bucket" or "/bucket/key".
void handle(Connection& to, Request& request, const Upload* upload = nullptr) {
  if (request.path == "/_requests") return answer(to, 200, "", std::to_string(requests_seen));
  ++requests_seen;
  const auto slash = request.path.find('/', 1);
  const std::string key = slash == std::string::npos ? "" : decode(request.path.substr(slash + 1));
  if (key.empty()) {
    if (request.method == "GET" && parameter(request.query, "location"))
      return answer(to, 200, "", "<?xml version=\"1.0\"?><LocationConstraint></LocationConstraint>");
    if (request.method == "GET") return list(to, request);
    return request.method == "HEAD" || request.method == "PUT" ? answer(to, 200, "", "") : refuse(to, request, 501, "NotImplemented");
  }
  const auto found = objects.find(key);
  const Object* object = found == objects.end() ? nullptr : &found->second;
  if (request.method == "GET" || request.method == "HEAD") return get(to, request, object);
  if (request.method == "PUT") return put(to, request, key, object, upload);
  if (request.method != "DELETE") return refuse(to, request, 501, "NotImplemented");
  if (object != nullptr && !conditions_hold(request, object)) return refuse(to, request, 412, "PreconditionFailed");
  if (object != nullptr) objects.erase(found);
  answer(to, 204, "", "");
}

// --- HTTP ---

// '+' is a space in a query only; in a path it is itself, so it is made %2B before decode() sees it.
std::string protect_plus(std::string_view path) {
  std::string out;
  for (const char c : path) c == '+' ? out.append("%2B") : out.append(1, c);
  return out;
}

Request parse_head(std::string_view head) {
  Request request;
  const auto line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const auto first = line.find(' ');
  const auto second = line.find(' ', first + 1);
  request.method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const auto mark = std::min(target.find('?'), target.size());
  request.path = protect_plus(target.substr(0, mark));
  request.query = mark < target.size() ? target.substr(mark + 1) : std::string_view{};
  for (size_t at = line_end + 2; at < head.size();) {
    const auto end = std::min(head.find("\r\n", at), head.size());
    const std::string_view field = head.substr(at, end - at);
    const auto colon = field.find(':');
    if (colon != std::string_view::npos) {
      std::string name(field.substr(0, colon));
      std::ranges::transform(name, name.begin(), lower);
      const auto value = field.find_first_not_of(' ', colon + 1);
      request.headers.emplace_back(std::move(name), value == std::string_view::npos ? std::string() : std::string(field.substr(value)));
    }
    at = end + 2;
  }
  return request;
}

void begin_upload(Connection& from, Request request, size_t head_bytes, size_t length) {
  if (!request.header("expect").empty()) from.out += "HTTP/1.1 100 Continue\r\n\r\n";
  from.upload.emplace();
  from.upload->request = std::move(request);
  from.upload->length = from.upload->left = length;
  EVP_DigestInit_ex(from.upload->md5.get(), EVP_md5(), nullptr);
  from.taken += head_bytes;
}

// Returns how many of the bytes belonged to the upload.
size_t take_upload(Connection& from, std::string_view bytes) {
  auto& upload = *from.upload;
  const size_t taken = std::min(upload.left, bytes.size());
  EVP_DigestUpdate(upload.md5.get(), bytes.data(), taken);
  upload.left -= taken;
  if (upload.left == 0) {
    Upload done = std::move(upload);
    from.upload.reset();
    handle(from, done.request, &done);
  }
  return taken;
}

// Handles each whole request that has come.
void take_requests(Connection& from) {
  while (from.body == nullptr) {
    if (from.upload) from.taken += take_upload(from, std::string_view(from.in).substr(from.taken));
    if (from.upload) break;
    const std::string_view in = std::string_view(from.in).substr(from.taken);
    const auto end = in.find("\r\n\r\n");
    if (end == std::string_view::npos) break;
    Request request = parse_head(in.substr(0, end + 2));
    const size_t length = std::strtoull(std::string(request.header("content-length")).c_str(), nullptr, 10);
    if (length > kKeptBytesMax) {
      begin_upload(from, std::move(request), end + 4, length);
      continue;
    }
    if (in.size() < end + 4 + length) {
      if (!from.continued && !request.header("expect").empty()) from.out += "HTTP/1.1 100 Continue\r\n\r\n";
      from.continued = true;
      from.in.reserve(from.taken + end + 4 + length);
      break;
    }
    from.continued = false;
    request.body = in.substr(end + 4, length);
    from.taken += end + 4 + length;
    handle(from, request);
  }
  if (from.taken == from.in.size()) {
    from.in.clear();
    from.taken = 0;
  } else if (from.taken > (1 << 20)) {
    from.in.erase(0, from.taken);
    from.taken = 0;
  }
}

// --- sockets ---

int listen_on(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(fd, 1024) != 0) return -1;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  fmt::print("port {}\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return fd;
}

// False when the peer is gone.
bool receive(Connection& from) {
  static std::array<char, 256 * 1024> buffer;
  while (true) {
    const ssize_t got = recv(from.fd, buffer.data(), buffer.size(), 0);
    if (got > 0) {
      std::string_view bytes(buffer.data(), static_cast<size_t>(got));
      if (from.upload && from.in.empty()) bytes.remove_prefix(take_upload(from, bytes));
      from.in.append(bytes);
      if (static_cast<size_t>(got) < buffer.size()) return true;
      continue;
    }
    return got < 0 && (errno == EAGAIN || errno == EINTR);
  }
}

bool send_out(Connection& to) {
  while (to.sent < to.out.size()) {
    const ssize_t put = send(to.fd, to.out.data() + to.sent, to.out.size() - to.sent, MSG_NOSIGNAL);
    if (put < 0) return errno == EAGAIN || errno == EINTR;
    to.sent += static_cast<size_t>(put);
  }
  to.out.clear();
  to.sent = 0;
  while (to.body != nullptr && to.body_at < to.body_end) {
    const ssize_t put = send(to.fd, to.body->data() + to.body_at, to.body_end - to.body_at, MSG_NOSIGNAL);
    if (put < 0) return errno == EAGAIN || errno == EINTR;
    to.body_at += static_cast<size_t>(put);
  }
  to.body = nullptr;
  return true;
}

bool waits_for_peer(const Connection& connection) { return !connection.out.empty() || connection.body != nullptr; }

// Small answers of pipelined requests leave together; a body from the store leaves before the next request is looked at.
bool answer_all(Connection& connection) {
  while (true) {
    take_requests(connection);
    const bool more = connection.body != nullptr;
    if (!send_out(connection)) return false;
    if (!more || waits_for_peer(connection)) return true;
  }
}

void accept_all(int listener, int poll, std::unordered_map<int, std::unique_ptr<Connection>>& connections) {
  while (true) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.fd = fd}};
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
    auto connection = std::make_unique<Connection>();
    connection->fd = fd;
    connections[fd] = std::move(connection);
  }
}

struct Due {
  std::chrono::steady_clock::time_point at;
  int fd;
};

[[noreturn]] void serve(int listener, std::chrono::milliseconds delay) {
  using Clock = std::chrono::steady_clock;
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener}};
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  std::unordered_map<int, std::unique_ptr<Connection>> connections;
  std::array<epoll_event, 256> events{};
  std::deque<Due> line;  // all wait equally long: it is in order
  const auto end = [&connections](int fd) {
    close(fd);
    connections.erase(fd);
  };
  while (true) {
    const auto left = line.empty() ? -1 : std::chrono::ceil<std::chrono::milliseconds>(line.front().at - Clock::now()).count();
    const int count =
        epoll_wait(poll, events.data(), static_cast<int>(events.size()), static_cast<int>(line.empty() ? -1 : std::max<int64_t>(left, 0)));
    while (!line.empty() && line.front().at <= Clock::now()) {
      const int fd = line.front().fd;
      line.pop_front();
      const auto at = connections.find(fd);
      if (at == connections.end() || !at->second->waiting) continue;
      at->second->waiting = false;
      if (!answer_all(*at->second)) end(fd);
    }
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == listener) {
        accept_all(listener, poll, connections);
        continue;
      }
      const auto at = connections.find(fd);
      if (at == connections.end()) continue;
      bool alive = receive(*at->second);
      if (delay.count() == 0 || waits_for_peer(*at->second)) {
        alive = answer_all(*at->second) && alive;
      } else if (alive && !at->second->waiting) {
        at->second->waiting = true;
        line.push_back({Clock::now() + delay, fd});
      }
      if (!alive) end(fd);
    }
  }
}

struct Options {
  uint16_t port = 0;
  size_t fill = 0;
  size_t bytes_min = 1024;
  size_t bytes_max = 4096;
  uint64_t seed = 1;
  size_t stale = 0;
  std::chrono::milliseconds delay{0};
};

std::optional<Options> parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--port") {
      options.port = static_cast<uint16_t>(std::atoi(value));
    } else if (name == "--fill") {
      options.fill = std::strtoull(value, nullptr, 10);
    } else if (name == "--seed") {
      options.seed = std::strtoull(value, nullptr, 10);
    } else if (name == "--stale") {
      options.stale = std::strtoull(value, nullptr, 10);
    } else if (name == "--delay-ms") {
      options.delay = std::chrono::milliseconds(std::atoi(value));
    } else if (name == "--bytes") {
      char* dash = nullptr;
      options.bytes_min = std::strtoull(value, &dash, 10);
      options.bytes_max = *dash == '-' ? std::strtoull(dash + 1, nullptr, 10) : options.bytes_min;
    } else {
      return std::nullopt;
    }
  }
  return argc % 2 == 1 && options.bytes_min <= options.bytes_max ? std::optional(options) : std::nullopt;
}

// The same seed fills the same objects.
void fill(const Options& options) {
  std::mt19937_64 random(options.seed);
  age_of_stored = options.stale != 0 ? 3600 : 0;
  for (size_t i = 0; i < options.fill; ++i) {
    std::string bytes(options.bytes_min + random() % (options.bytes_max - options.bytes_min + 1), '\0');
    for (size_t at = 0; at < bytes.size(); at += sizeof(uint64_t)) {
      const uint64_t word = random();
      std::memcpy(bytes.data() + at, &word, std::min(sizeof word, bytes.size() - at));
    }
    if (options.stale != 0 && i % options.stale == 0) bytes[0] = static_cast<char>(bytes[0] ^ 1);
    store(fmt::format("{:03}/{:08}.bin", i % 1000, i), std::move(bytes),
          "content-type: application/octet-stream\r\nx-amz-meta-mtime: 1700000000\r\n");
  }
  age_of_stored = 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse_options(argc, argv);
  if (!options) {
    fmt::print(stderr, "usage: fake_s3 --port N [--fill COUNT --bytes MIN-MAX --seed N] [--stale N] [--delay-ms N]\n");
    return 2;
  }
  fill(*options);
  const int listener = listen_on(options->port);
  if (listener < 0) {
    fmt::print(stderr, "fake_s3: cannot listen on 127.0.0.1:{}: {}\n", options->port, std::strerror(errno));
    return 3;
  }
  serve(listener, options->delay);
}
