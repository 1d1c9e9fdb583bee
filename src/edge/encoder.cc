#include "edge/encoder.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace evershore::edge {

namespace {

// What a cached page is worth: each is compressed once and served often, but a first visitor waits for it.
constexpr int kGzipLevel = 6;
constexpr uint32_t kBrotliQuality = 5, kBrotliWindowBits = 19;
constexpr int kZstdLevel = 6, kZstdWindowBits = 19;
constexpr size_t kRoomBytes = 16 << 10;

class GzipEncoder final : public Encoder {
 public:
  GzipEncoder() {
    constexpr int kGzipFraming = 16 + MAX_WBITS, kMemoryLevel = 8;
    good_ = deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, kGzipFraming, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~GzipEncoder() override { deflateEnd(&stream_); }
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;
  bool good() const { return good_; }

  void add(std::span<const uint8_t> piece, std::string& out) override { run(piece, Z_NO_FLUSH, out); }
  void flush(std::string& out) override { run({}, Z_SYNC_FLUSH, out); }
  void finish(std::string& out) override { run({}, Z_FINISH, out); }

 private:
  void run(std::span<const uint8_t> piece, int mode, std::string& out) {
    EVERSHORE_ASSERT(piece.size() <= UINT32_MAX);
    stream_.next_in = const_cast<uint8_t*>(piece.data());  // zlib does not write there
    stream_.avail_in = static_cast<uint32_t>(piece.size());
    std::array<uint8_t, kRoomBytes> room;
    do {
      stream_.next_out = room.data();
      stream_.avail_out = room.size();
      deflate(&stream_, mode);
      out.append(reinterpret_cast<const char*>(room.data()), room.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }
  z_stream stream_{};
  bool good_ = false;
};

class BrotliEncoder final : public Encoder {
 public:
  BrotliEncoder() : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (state_ == nullptr) return;
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, kBrotliQuality);
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, kBrotliWindowBits);
  }
  ~BrotliEncoder() override { BrotliEncoderDestroyInstance(state_); }
  BrotliEncoder(const BrotliEncoder&) = delete;
  BrotliEncoder& operator=(const BrotliEncoder&) = delete;
  bool good() const { return state_ != nullptr; }

  void add(std::span<const uint8_t> piece, std::string& out) override { run(piece, BROTLI_OPERATION_PROCESS, out); }
  void flush(std::string& out) override { run({}, BROTLI_OPERATION_FLUSH, out); }
  void finish(std::string& out) override { run({}, BROTLI_OPERATION_FINISH, out); }

 private:
  void run(std::span<const uint8_t> piece, BrotliEncoderOperation mode, std::string& out) {
    size_t left = piece.size(), none = 0;
    const uint8_t* next = piece.data();
    do {
      BrotliEncoderCompressStream(state_, mode, &left, &next, &none, nullptr, nullptr);
      size_t size = 0;
      const auto* ready = BrotliEncoderTakeOutput(state_, &size);
      out.append(reinterpret_cast<const char*>(ready), size);
    } while (left > 0 || BrotliEncoderHasMoreOutput(state_) == BROTLI_TRUE);
  }
  BrotliEncoderState* state_;
};

class ZstdEncoder final : public Encoder {
 public:
  ZstdEncoder() : context_(ZSTD_createCCtx()) {
    if (context_ == nullptr) return;
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kZstdLevel);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, kZstdWindowBits);
  }
  ~ZstdEncoder() override { ZSTD_freeCCtx(context_); }
  ZstdEncoder(const ZstdEncoder&) = delete;
  ZstdEncoder& operator=(const ZstdEncoder&) = delete;
  bool good() const { return context_ != nullptr; }

  void add(std::span<const uint8_t> piece, std::string& out) override { run(piece, ZSTD_e_continue, out); }
  void flush(std::string& out) override { run({}, ZSTD_e_flush, out); }
  void finish(std::string& out) override { run({}, ZSTD_e_end, out); }

 private:
  void run(std::span<const uint8_t> piece, ZSTD_EndDirective mode, std::string& out) {
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    std::array<uint8_t, kRoomBytes> room;
    for (bool more = true; more;) {
      ZSTD_outBuffer ready{room.data(), room.size(), 0};
      const size_t left = ZSTD_compressStream2(context_, &ready, &in, mode);
      EVERSHORE_ASSERT(!ZSTD_isError(left));
      out.append(reinterpret_cast<const char*>(room.data()), ready.pos);
      more = mode == ZSTD_e_continue ? in.pos < in.size : left > 0;
    }
  }
  ZSTD_CCtx* context_;
};

template <class E>
std::unique_ptr<Encoder> made() {
  auto encoder = std::make_unique<E>();
  if (!encoder->good()) return nullptr;
  return encoder;
}

}  // namespace

std::unique_ptr<Encoder> make_encoder(Coding coding) {
  switch (coding) {
    case Coding::kBrotli: return made<BrotliEncoder>();
    case Coding::kZstd: return made<ZstdEncoder>();
    case Coding::kGzip: return made<GzipEncoder>();
    case Coding::kIdentity: break;
  }
  return nullptr;
}

}  // namespace evershore::edge
