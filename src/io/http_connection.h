// One client's connection to an HttpServer: reads requests, is the exchange that the handler sees, writes answers.
// For http_server.cc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/client_pace.h"
#include "io/http_server.h"
#include "io/served_connection.h"
#include "wire/http/chunked.h"
#include "wire/http/request_parser.h"

namespace evershore::io {

// What a connection needs only while a request is being read or answered. Lent, so that an idle one costs little.
struct HttpDesk {
  HttpDesk(http::HeadLimits limits, uint64_t of_options) : parser(limits), options_age(of_options) {}

  http::RequestParser parser;
  std::vector<uint8_t> buffer;  // holds the connection's input; grows to 64 KiB only for bodies that come quickly
  size_t filled = 0;            // of it, by the last read of a body
  http::ChunkedDecoder decoder;
  std::string out;             // the head until it is sent; reused from answer to answer
  ClientPace reading;          // of the client, of our answer
  ClientPace sending;          // and of its request body
  uint64_t turn_from = 0;      // of `wire_bytes_`: what others' turns came before
  const uint64_t options_age;  // the parser's limits are of these
};

// What all connections of one server share. One thread.
struct HttpConnectionShared {
  Loop& loop;
  HttpServerOptions options;
  HttpHandler handler;
  bool draining = false;
  std::vector<uint8_t> scratch;  // heads are read here; nothing in it survives a wait
  std::string date_line = {};    // "Date: ...\r\n" of `date_second`
  int64_t date_second = -1;
  std::vector<std::unique_ptr<HttpDesk>> desks = {};  // that nobody has
  HttpServerCounters counters = {};
  uint64_t options_age = 0;  // how often they were replaced

  std::string_view date();
  std::string_view date_value();  // without the name and the line's end
  std::unique_ptr<HttpDesk> lend();
  void give_back(std::unique_ptr<HttpDesk> desk);  // nothing of the request may be needed any more
  PaceRules pace() const { return {.bytes_per_second = options.rate_bytes_min, .window = options.stall}; }
};

//   phase     event                        becomes
//   kWaiting  a byte of a request          kReading
//   kReading  a whole head                 kHandling
//   kHandling answered, body read, alive   kWaiting
//   any       error, close, end, reset     (served() ends)
class HttpConnection final : public HttpExchange, public ServedConnection {
 public:
  HttpConnection(HttpConnectionShared& shared, std::unique_ptr<Stream> stream, Endpoint peer);

  // Serves requests until the connection ends.
  Task<void> served();
  void close_when_idle() override;
  void cut() override;

  const http::RequestHead& request() const override { return desk_->parser.head(); }
  const Endpoint& peer() const override { return peer_; }
  bool tls() const override { return shared_.options.tls != nullptr; }
  Loop& loop() override { return shared_.loop; }
  std::string_view tls_version() const override { return stream_->tls_version(); }
  Task<Result<std::span<const uint8_t>>> read_body() override;
  Task<Result<std::string>> read_whole_body(size_t max) override;
  Task<Result<void>> respond(http::ResponseHead head, std::span<const uint8_t> body) override;
  Task<Result<void>> start(http::ResponseHead head, std::optional<uint64_t> length) override;
  Task<Result<void>> write(std::span<const uint8_t> piece) override;
  Task<Result<void>> finish() override;
  void abort() override;
  bool started() const override { return answer_ != Answer::kNone; }
  Sent sent() const override { return {.body_bytes = sent_bytes_, .complete = answer_ == Answer::kComplete && !write_failed_}; }

 private:
  using Piece = std::span<const uint8_t>;
  enum class Phase : uint8_t { kWaiting, kReading, kHandling };
  enum class HeadEnd : uint8_t { kRequest, kRefused, kTimedOut, kGone };
  enum class Answer : uint8_t { kNone, kBody, kComplete };  // of the answer to the present request
  enum class Next : uint8_t { kGoOn, kLinger, kClose };

  Task<HeadEnd> read_head();
  HeadEnd feed_head(Piece bytes, bool& complete);
  void keep_input(Piece rest);
  Task<void> refuse(http::ParseError error);
  void begin_exchange();
  bool ends_well() const;
  Task<Next> end_exchange();
  Task<void> linger();

  bool has_body() const;
  bool take_body(Piece& piece);
  void make_room();
  std::unexpected<Error> body_broken(Error error);
  Task<Result<void>> send_continue();
  Task<bool> discard_body();

  void write_head(const http::ResponseHead& head, std::optional<uint64_t> length);
  void decide_keep_alive();
  Task<Result<void>> send(std::span<const Piece> pieces);
  Task<Result<void>> send_body(std::span<const Piece> pieces);

  HttpConnectionShared& shared_;
  std::unique_ptr<Stream> stream_;
  Endpoint peer_;
  Phase phase_ = Phase::kWaiting;
  bool cut_ = false;
  uint32_t requests_ = 0;

  std::unique_ptr<HttpDesk> desk_;  // from the first byte of a request to the end of its answer
  Piece input_;                     // read but not yet used

  uint64_t body_left_ = 0;
  uint64_t body_came_ = 0;   // on the wire
  uint64_t wire_bytes_ = 0;  // written, in all
  uint64_t sent_bytes_ = 0;  // of the answer's body
  bool body_done_ = true;
  bool continue_wanted_ = false;  // the client waits for 100 Continue
  std::optional<Error> body_error_;

  Answer answer_ = Answer::kNone;
  bool keep_alive_ = true;
  bool silent_body_ = false;  // HEAD, 204, 304: no piece is sent
  bool chunked_ = false;
  std::optional<uint64_t> answer_left_;
  bool write_failed_ = false;
};

}  // namespace evershore::io
