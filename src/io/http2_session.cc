// nghttp2's side of an HTTP/2 connection: its callbacks, heads of answers, settings.
#include <fmt/format.h>

#include <algorithm>
#include <list>

#include "base/text.h"
#include "io/http2_connection.h"
#include "model/request_id.h"
#include "wire/http/chars.h"

namespace evershore::io {

namespace {

// With its head one TLS record, and four of them one batch.
constexpr size_t kDataBytesMax = 16 * 1024 - 9;

struct CallbacksFree {
  void operator()(nghttp2_session_callbacks* callbacks) const { nghttp2_session_callbacks_del(callbacks); }
};
struct OptionFree {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};

// RFC 9113 8.2.2, and what this connection writes itself.
bool left_out(std::string_view name) {
  switch (name.size()) {
    case 7: return equal_ignoring_case(name, "upgrade");
    case 10: return equal_ignoring_case(name, "connection") || equal_ignoring_case(name, "keep-alive");
    case 14: return equal_ignoring_case(name, "content-length");
    case 16: return equal_ignoring_case(name, "proxy-connection");
    case 17: return equal_ignoring_case(name, "transfer-encoding");
    default: return false;
  }
}

// RFC 9113 8.2.1: a client refuses an answer whose fields hold anything else.
std::string_view clean_value(std::string_view value, std::list<std::string>& kept) {
  value = trim(value);
  if (http::all_field_chars(value)) return value;
  auto& copy = kept.emplace_back(value);
  for (char& c : copy)
    if (!http::kFieldChars[static_cast<uint8_t>(c)]) c = ' ';
  return trim(copy);
}

// Different in each answer: in the compressor's table it would only push out what comes again.
bool never_again(std::string_view name) { return name.size() == kRequestIdField.size() && equal_ignoring_case(name, kRequestIdField); }

// nghttp2 copies both, and makes the name lower case.
nghttp2_nv field(std::string_view name, std::string_view value) {
  return {.name = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          .value = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())),
          .namelen = name.size(),
          .valuelen = value.size(),
          .flags = static_cast<uint8_t>(never_again(name) ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE)};
}

}  // namespace

// What nghttp2 calls, with the connection as its user data.
struct Http2Connection::Callbacks {
  static Http2Connection& of(void* self) { return *static_cast<Http2Connection*>(self); }
  static std::string_view text(const uint8_t* bytes, size_t size) { return {reinterpret_cast<const char*>(bytes), size}; }

  // Every frame of the client, also those that nghttp2 passes over.
  static int on_frame_begins(nghttp2_session*, const nghttp2_frame_hd* head, void* self) {
    const bool ack = (head->flags & NGHTTP2_FLAG_ACK) != 0;
    const bool end = (head->flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (head->type) {
      case NGHTTP2_SETTINGS:
      case NGHTTP2_PING:
        if (!ack) of(self).note(Http2Event::kControl);
        break;
      case NGHTTP2_DATA:
        if (head->length == 0 && !end) of(self).note(Http2Event::kEmpty);
        break;
      case NGHTTP2_WINDOW_UPDATE:
      case NGHTTP2_PRIORITY: of(self).note(Http2Event::kBookkeeping); break;
      default: break;
    }
    return 0;
  }

  static int on_head_begins(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    of(self).begin_head(frame->hd.stream_id, frame->headers.cat == NGHTTP2_HCAT_REQUEST);
    return 0;
  }

  static int on_field(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size, const uint8_t* value,
                      size_t value_size, uint8_t, void* self) {
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;  // trailers say nothing to us
    Http2Stream* stream = of(self).find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->builder().add(text(name, name_size), text(value, value_size));
    if (stream->builder().list_bytes() > of(self).http().options.http2.header_flood_bytes_max) {
      of(self).too_much(of(self).shared_.counters.cut_headers);
    }
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    const bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS: of(self).end_head(frame->hd.stream_id, frame->headers.cat == NGHTTP2_HCAT_REQUEST, end); break;
      case NGHTTP2_DATA:
        if (Http2Stream* stream = of(self).find(frame->hd.stream_id); stream != nullptr && end) stream->body_ended();
        break;
      case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 && of(self).phase_ == Phase::kLeaving) of(self).leave();
        break;
      default: break;
    }
    return 0;
  }

  static int on_data(nghttp2_session*, uint8_t, int32_t id, const uint8_t* bytes, size_t size, void* self) {
    of(self).body_bytes_ += size;
    Http2Stream* stream = of(self).find(id);
    if (stream == nullptr) {
      of(self).consumed(id, size);
    } else {
      stream->take_body(std::span(bytes, size));
    }
    return 0;
  }

  static int on_stream_ends(nghttp2_session*, int32_t id, uint32_t code, void* self) {
    of(self).end_stream(id, code);
    return 0;
  }

  // A GOAWAY with a reason that we have not given ourselves: nghttp2 found something that RFC 9113 forbids.
  static int on_sent(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    const bool reason = frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR;
    if (reason && !std::exchange(of(self).told_off_, true)) of(self).shared_.counters.cut_protocol.add();
    return 0;
  }

  static ssize_t data_bytes_max(nghttp2_session*, uint8_t, int32_t, int32_t, int32_t, uint32_t frame_bytes_max, void*) {
    return static_cast<ssize_t>(std::min<size_t>(kDataBytesMax, frame_bytes_max));
  }

  static ssize_t offer_data(nghttp2_session*, int32_t id, uint8_t*, size_t room, uint32_t* flags, nghttp2_data_source*, void* self) {
    const Http2Stream* stream = of(self).find(id);
    bool last = false;
    const size_t size = stream == nullptr ? 0 : stream->offer(room, last);
    if (size == 0 && !last) return NGHTTP2_ERR_DEFERRED;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (last) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  static int send_data(nghttp2_session*, nghttp2_frame* frame, const uint8_t* head, size_t length, nghttp2_data_source*, void* self) {
    Http2Stream* stream = of(self).find(frame->hd.stream_id);
    return stream == nullptr ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE : of(self).take_data(*stream, head, length);
  }
};

Result<void> Http2Connection::open_session() {
  nghttp2_session_callbacks* made_callbacks = nullptr;
  nghttp2_option* made_option = nullptr;
  nghttp2_session_callbacks_new(&made_callbacks);
  nghttp2_option_new(&made_option);
  const std::unique_ptr<nghttp2_session_callbacks, CallbacksFree> callbacks(made_callbacks);
  const std::unique_ptr<nghttp2_option, OptionFree> option(made_option);
  if (!callbacks || !option) return fail(Fault::kBroken, "no memory for an HTTP/2 session");
  nghttp2_session_callbacks_set_on_begin_frame_callback(made_callbacks, Callbacks::on_frame_begins);
  nghttp2_session_callbacks_set_on_begin_headers_callback(made_callbacks, Callbacks::on_head_begins);
  nghttp2_session_callbacks_set_on_header_callback(made_callbacks, Callbacks::on_field);
  nghttp2_session_callbacks_set_on_frame_recv_callback(made_callbacks, Callbacks::on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made_callbacks, Callbacks::on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(made_callbacks, Callbacks::on_stream_ends);
  nghttp2_session_callbacks_set_on_frame_send_callback(made_callbacks, Callbacks::on_sent);
  nghttp2_session_callbacks_set_data_source_read_length_callback(made_callbacks, Callbacks::data_bytes_max);
  nghttp2_session_callbacks_set_send_data_callback(made_callbacks, Callbacks::send_data);
  nghttp2_option_set_no_auto_window_update(made_option, 1);  // room is given when the handler has read
  nghttp2_option_set_no_closed_streams(made_option, 1);

  nghttp2_session* made = nullptr;
  if (nghttp2_session_server_new2(&made, made_callbacks, this, made_option) != 0) {
    return fail(Fault::kBroken, "no memory for an HTTP/2 session");
  }
  session_.reset(made);
  const auto& options = shared_.http.options;
  const std::array<nghttp2_settings_entry, 4> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options.http2.streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.http2.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(options.head_bytes_max)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(made, NGHTTP2_FLAG_NONE, 0, static_cast<int32_t>(options.http2.connection_window_bytes));
  if (shared_.http.draining || phase_ == Phase::kLeaving) {
    phase_ = Phase::kOpen;
    close_when_idle();
  }
  return {};
}

// ---- what comes

void Http2Connection::begin_head(int32_t id, bool of_request) {
  open_head_ = id;
  head_bytes_ = 0;
  head_since_ = now();
  if (!of_request) return;
  if (streams_.size() >= shared_.http.options.http2.streams_max || told_off_) {
    shared_.counters.refused_streams.add();
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return;
  }
  nghttp2_session_set_stream_user_data(session_.get(), id, &stream_for_new(id));
}

void Http2Connection::end_head(int32_t id, bool of_request, bool complete) {
  open_head_ = 0;
  Http2Stream* stream = find(id);
  if (stream == nullptr) return;
  if (complete) stream->body_ended();
  if (of_request) to_start_.push_back(stream);
}

// A request that the client took back before it began costs nothing more than it has; its handler is told otherwise.
void Http2Connection::end_stream(int32_t id, uint32_t code) {
  if (open_head_ == id) open_head_ = 0;
  Http2Stream* stream = find(id);
  if (stream == nullptr) {
    if (code != NGHTTP2_NO_ERROR) note(Http2Event::kReset);
    return;
  }
  if (code != NGHTTP2_NO_ERROR && stream->open() && !stream->answered()) note(Http2Event::kReset);
  stream->closed();
  if (stream->running) return;
  std::erase(to_start_, stream);
  give_back(*stream);
}

void Http2Connection::consumed(int32_t stream_id, size_t bytes) {
  nghttp2_session_consume(session_.get(), stream_id, bytes);  // of the connection only, where the stream has ended
  ask_to_flush();
}

// ---- what goes

void Http2Connection::submit_head(const Http2Stream& stream, const http::ResponseHead& head, std::optional<uint64_t> length,
                                  bool body_follows) {
  const fmt::format_int status(head.status);
  const fmt::format_int length_text(length.value_or(0));
  std::list<std::string> kept;
  fields_.clear();
  fields_.reserve(head.headers.size() + 3);  // :status, date, content-length
  fields_.push_back(field(":status", {status.data(), status.size()}));
  bool dated = false;
  for (const auto& header : head.headers) {
    if (left_out(header.name)) continue;
    if (header.name.size() == 4 && equal_ignoring_case(header.name, "date")) dated = true;
    fields_.push_back(field(header.name, clean_value(header.value, kept)));
  }
  if (!dated) fields_.push_back(field("date", shared_.http.date_value()));
  // RFC 9110 8.6: no length in 1xx and 204; in 304 it would be the object's, which only the handler could know.
  if (length && !http::status_without_body(head.status)) {
    fields_.push_back(field("content-length", {length_text.data(), length_text.size()}));
  }
  nghttp2_data_provider provider = {};
  provider.read_callback = Callbacks::offer_data;
  nghttp2_submit_response(session_.get(), stream.id(), fields_.data(), fields_.size(), body_follows ? &provider : nullptr);
}

void Http2Connection::submit_continue(const Http2Stream& stream) {
  const nghttp2_nv status = field(":status", "100");
  nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, stream.id(), nullptr, &status, 1, nullptr);
  ask_to_flush();
}

void Http2Connection::go_on_with(const Http2Stream& stream) {
  nghttp2_session_resume_data(session_.get(), stream.id());  // fails where nothing was put off: then it comes by itself
  ask_to_flush();
}

void Http2Connection::reset_stream(const Http2Stream& stream, uint32_t code) {
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id(), code);
  ask_to_flush();
}

}  // namespace evershore::io
