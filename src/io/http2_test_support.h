// For tests of HTTP/2, for this folder's .cc files only: frames by hand, so that a peer can say what no decent library would; answers read
// back by nghttp2's inflater.
#pragma once

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <map>
#include <string>
#include <vector>

#include "io/http2_connection.h"
#include "io/http_test_support.h"

namespace evershore::io {

using Fields = std::vector<std::pair<std::string, std::string>>;

inline std::string big_endian(uint64_t value, size_t bytes) {
  std::string text;
  for (size_t i = bytes; i-- > 0;) text += static_cast<char>(value >> (8 * i));
  return text;
}

inline std::string frame(uint8_t type, uint8_t flags, int32_t stream, std::string_view payload) {
  return big_endian(payload.size(), 3) + big_endian(type, 1) + big_endian(flags, 1) + big_endian(static_cast<uint32_t>(stream), 4) +
         std::string(payload);
}

// RFC 7541 5.1, 6.2.2: literals without indexing, not Huffman-coded.
inline std::string hpack_length(size_t length) {
  if (length < 127) return big_endian(length, 1);
  std::string text(1, '\x7f');
  for (length -= 127; length >= 128; length /= 128) text += static_cast<char>(length % 128 + 128);
  return text + static_cast<char>(length);
}
inline std::string hpack(const Fields& fields) {
  std::string block;
  for (const auto& [name, value] : fields) {
    block += '\0';
    block += hpack_length(name.size()) + name + hpack_length(value.size()) + value;
  }
  return block;
}

inline Fields request_fields(std::string method, std::string path) {
  return {{":method", std::move(method)}, {":scheme", "https"}, {":authority", "site.test"}, {":path", std::move(path)}};
}
inline std::string settings(std::initializer_list<std::pair<uint16_t, uint32_t>> values) {
  std::string payload;
  for (const auto& [id, value] : values) payload += big_endian(id, 2) + big_endian(value, 4);
  return frame(NGHTTP2_SETTINGS, 0, 0, payload);
}
inline std::string preface() { return NGHTTP2_CLIENT_MAGIC + settings({}); }
inline std::string headers(int32_t stream, const Fields& fields, uint8_t flags) {
  return frame(NGHTTP2_HEADERS, flags | NGHTTP2_FLAG_END_HEADERS, stream, hpack(fields));
}
inline std::string get(int32_t stream, std::string path) {
  return headers(stream, request_fields("GET", std::move(path)), NGHTTP2_FLAG_END_STREAM);
}
inline std::string reset_frame(int32_t stream) { return frame(NGHTTP2_RST_STREAM, 0, stream, big_endian(NGHTTP2_CANCEL, 4)); }
inline std::string window_update(int32_t stream, uint32_t bytes) { return frame(NGHTTP2_WINDOW_UPDATE, 0, stream, big_endian(bytes, 4)); }

// What came back, by stream.
struct Heard {
  struct Answer {
    std::map<std::string, std::string> fields;
    std::string body;
    bool complete = false;
    std::optional<uint32_t> reset;
    std::string status() const { return fields.contains(":status") ? fields.at(":status") : ""; }
  };
  std::map<int32_t, Answer> answers;
  std::vector<std::pair<uint32_t, uint32_t>> goaways;  // last stream, code
  size_t pings_answered = 0;
  size_t settings_acknowledged = 0;
  std::map<int32_t, uint64_t> windows;  // given by WINDOW_UPDATE
  size_t body_bytes = 0;
  bool ended = false;
};

class Http2Peer {
 public:
  explicit Http2Peer(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) { nghttp2_hd_inflate_new(&inflater_); }
  ~Http2Peer() { nghttp2_hd_inflate_del(inflater_); }
  Http2Peer(const Http2Peer&) = delete;
  Http2Peer& operator=(const Http2Peer&) = delete;

  Stream& stream() { return *stream_; }
  size_t table_bytes() { return nghttp2_hd_inflate_get_dynamic_table_size(inflater_); }  // of what the server has put into HPACK's
  Heard heard;

  // A server that has had enough of us may have closed already.
  Task<void> say(std::string bytes) {
    stream_->set_deadline(stream_->watch().loop().now() + kSoon);
    (void)co_await stream_->write_all(bytes);
  }
  // Until `done(heard)`, the connection's end, or nothing for kSoon.
  Task<void> hear(std::function<bool(const Heard&)> done) {
    std::vector<uint8_t> buffer(64 * 1024);
    while (!done(heard) && !heard.ended) {
      stream_->set_deadline(stream_->watch().loop().now() + kSoon);
      const auto got = co_await stream_->read_some(buffer);
      EXPECT_TRUE(got || got.error().fault != Fault::kTimedOut) << "silence";
      if (!got || *got == 0) {
        heard.ended = true;
        co_return;
      }
      input_ += as_text(std::span(buffer).first(*got));
      take_frames();
    }
  }
  Task<void> hear_answer(int32_t id) {
    co_await hear([id](const Heard& h) { return h.answers.contains(id) && (h.answers.at(id).complete || h.answers.at(id).reset); });
  }
  Task<void> hear_end() {
    co_await hear([](const Heard&) { return false; });
  }

 private:
  static uint32_t number(std::string_view bytes) {
    uint32_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
    return value;
  }
  void take_frames() {
    while (input_.size() >= 9) {
      const size_t size = number(std::string_view(input_).substr(0, 3));
      if (input_.size() < 9 + size) return;
      const auto stream = static_cast<int32_t>(number(std::string_view(input_).substr(5, 4)));
      take(static_cast<uint8_t>(input_[3]), static_cast<uint8_t>(input_[4]), stream, input_.substr(9, size));
      input_.erase(0, 9 + size);
    }
  }
  void take(uint8_t type, uint8_t flags, int32_t stream, const std::string& payload) {
    const bool ack = (flags & NGHTTP2_FLAG_ACK) != 0;
    switch (type) {
      case NGHTTP2_HEADERS: take_fields(heard.answers[stream], payload); break;
      case NGHTTP2_DATA:
        heard.answers[stream].body += payload;
        heard.body_bytes += payload.size();
        break;
      case NGHTTP2_RST_STREAM: heard.answers[stream].reset = number(payload); break;
      case NGHTTP2_GOAWAY: heard.goaways.emplace_back(number(payload.substr(0, 4)), number(payload.substr(4, 4))); break;
      case NGHTTP2_PING: heard.pings_answered += ack ? 1 : 0; break;
      case NGHTTP2_SETTINGS: heard.settings_acknowledged += ack ? 1 : 0; break;
      case NGHTTP2_WINDOW_UPDATE: heard.windows[stream] += number(payload); break;
      default: break;
    }
    const bool can_end = type == NGHTTP2_HEADERS || type == NGHTTP2_DATA;
    if (can_end && (flags & NGHTTP2_FLAG_END_STREAM) != 0) heard.answers[stream].complete = true;
  }
  void take_fields(Heard::Answer& answer, std::string block) {
    auto* at = reinterpret_cast<uint8_t*>(block.data());
    size_t left = block.size();
    for (;;) {
      nghttp2_nv field;
      int flags = 0;
      const ssize_t used = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, at, left, 1);
      EVERSHORE_ASSERT(used >= 0);
      at += used;
      left -= static_cast<size_t>(used);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        answer.fields[std::string(reinterpret_cast<char*>(field.name), field.namelen)] =
            std::string(reinterpret_cast<char*>(field.value), field.valuelen);
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
    }
    nghttp2_hd_inflate_end_headers(inflater_);
  }

  std::unique_ptr<Stream> stream_;
  nghttp2_hd_inflater* inflater_ = nullptr;
  std::string input_;
};

// One connection served over plain TCP, and the peer at its other end.
class Http2Pair {
 public:
  Http2Pair(Loop& loop, HttpServerOptions options, HttpHandler handler)
      : shared_{.loop = loop, .options = std::move(options), .handler = std::move(handler), .scratch = std::vector<uint8_t>(64 * 1024)} {}

  Task<void> connect() {
    auto listener = Listener::open(shared_.loop, {"127.0.0.1", 0});
    EVERSHORE_ASSERT(listener.has_value());
    auto client = co_await connect_to(shared_.loop, (*listener)->local());
    auto accepted = co_await (*listener)->accept();
    EVERSHORE_ASSERT(accepted.has_value());
    server_ = std::make_unique<Http2Connection>(http2_, std::move(accepted->stream), accepted->peer);
    scope_.spawn(server_->served());
    peer_ = std::make_unique<Http2Peer>(std::move(client));
  }
  // The client goes; the connection ends.
  Task<void> close() {
    peer_->stream().close();
    co_await scope_.join();
  }
  Http2Connection& server() { return *server_; }
  Http2Peer& peer() { return *peer_; }
  const Http2Counters& counters() const { return http2_.counters; }
  HttpConnectionShared& shared() { return shared_; }
  bool over() const { return scope_.size() == 0; }

 private:
  HttpConnectionShared shared_;
  Http2Shared http2_{shared_};
  std::unique_ptr<Http2Connection> server_;
  std::unique_ptr<Http2Peer> peer_;
  TaskScope scope_;
};

}  // namespace evershore::io
