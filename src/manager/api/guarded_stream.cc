#include "manager/api/guarded_stream.h"

#include <mutex>
#include <optional>

namespace warder::manager {

namespace {

class GuardedStream final : public ResponseStream {
 public:
  GuardedStream(std::shared_ptr<ResponseStream> stream, std::function<bool()> is_in_force,
                std::chrono::milliseconds pause)
      : stream_(std::move(stream)), is_in_force_(std::move(is_in_force)), pause_(pause) {}

  bool write(std::string_view bytes) override {
    if (!may_go_on()) {
      stream_->close();
      return false;
    }
    return stream_->write(bytes);
  }
  void close() override { stream_->close(); }
  [[nodiscard]] bool is_open() const override { return stream_->is_open(); }

 private:
  bool may_go_on() {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (!asked_ || now - *asked_ >= pause_) {
      may_go_on_ = may_go_on_ && is_in_force_();
      asked_ = now;
    }
    return may_go_on_;
  }

  std::shared_ptr<ResponseStream> stream_;
  std::function<bool()> is_in_force_;
  std::chrono::milliseconds pause_;
  std::mutex mutex_;  // guards the two below
  std::optional<std::chrono::steady_clock::time_point> asked_;
  bool may_go_on_ = true;
};

}  // namespace

std::shared_ptr<ResponseStream> guarded(std::shared_ptr<ResponseStream> stream, std::function<bool()> is_in_force,
                                        std::chrono::milliseconds pause) {
  return std::make_shared<GuardedStream>(std::move(stream), std::move(is_in_force), pause);
}

}  // namespace warder::manager
