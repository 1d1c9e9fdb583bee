// Sharing by publishing: one thread publishes whole immutable snapshots, any number of threads read the latest.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

namespace evershore {

template <class T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> first) : value_(std::move(first)) {}

  // Any thread. Readers see the new snapshot at their next read; those that hold the old one keep it.
  void publish(std::shared_ptr<const T> next) {
    {
      std::scoped_lock lock(mutex_);
      value_.swap(next);
    }
    epoch_.fetch_add(1, std::memory_order_release);
  }
  void publish(T next) { publish(std::make_shared<const T>(std::move(next))); }

  // Any thread; takes a short lock. Hot paths use a Reader.
  std::shared_ptr<const T> read() const {
    std::scoped_lock lock(mutex_);
    return value_;
  }

  // One thread's cached view: one atomic load where nothing has changed.
  class Reader {
   public:
    explicit Reader(const Published& source)
        : source_(&source), epoch_(source.epoch_.load(std::memory_order_acquire)), value_(source.read()) {}
    // The reference stays valid until the next get() of this Reader.
    const std::shared_ptr<const T>& get() {
      const uint64_t epoch = source_->epoch_.load(std::memory_order_acquire);
      if (epoch != epoch_) {
        value_ = source_->read();
        epoch_ = epoch;
      }
      return value_;
    }

   private:
    const Published* source_;
    uint64_t epoch_;
    std::shared_ptr<const T> value_;
  };

 private:
  std::atomic<uint64_t> epoch_{0};
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;  // under mutex_
};

}  // namespace evershore
