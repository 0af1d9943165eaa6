// Streamed answers of an HTTP connection: chunks queued by a handler's thread, written by the loop. Such a connection
// ends with its answer.
#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "manager/net/http_session.h"

namespace warder::manager {

namespace {

class StreamHandle final : public ResponseStream {
 public:
  explicit StreamHandle(std::shared_ptr<StreamLink> link) : link_(std::move(link)) {}
  StreamHandle(const StreamHandle&) = delete;
  StreamHandle& operator=(const StreamHandle&) = delete;
  ~StreamHandle() override { link_->close(); }

  bool write(std::string_view bytes) override { return link_->write(bytes); }
  void close() override { link_->close(); }
  [[nodiscard]] bool is_open() const override { return link_->is_open(); }

 private:
  std::shared_ptr<StreamLink> link_;
};

}  // namespace

bool StreamLink::write(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (session_ == nullptr || queued_bytes_ + bytes.size() > max_queued_bytes_) return false;
  if (bytes.empty()) return true;
  queued_bytes_ += bytes.size();
  session_->post_chunk(std::string(bytes));
  return true;
}

void StreamLink::close() {
  const std::lock_guard lock(mutex_);
  if (session_ != nullptr) session_->post_chunk({});
  session_ = nullptr;
}

bool StreamLink::is_open() const {
  const std::lock_guard lock(mutex_);
  return session_ != nullptr;
}

void StreamLink::detach() {
  const std::lock_guard lock(mutex_);
  session_ = nullptr;
}

void StreamLink::sent(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  queued_bytes_ -= bytes;
}

void HttpSession::begin_stream(std::function<void(std::shared_ptr<ResponseStream>)> start) {
  expect_nothing();
  is_busy_ = false;  // a server that stops does not wait for live tails
  link_ = std::make_shared<StreamLink>(this, core().options.max_queued_bytes);
  watch_for_close();
  core().run_on_worker([link = link_, start = std::move(start)] { start(std::make_shared<StreamHandle>(link)); });
}

void HttpSession::watch_for_close() {
  stream_.async_read_some(asio::buffer(&watched_byte_, 1),
                          [self = shared_from_this()](error_code, std::size_t) { self->abort_stream(); });
}

void HttpSession::abort_stream() {
  link_->detach();
  chunks_.clear();
  stream_.close();
}

void HttpSession::post_chunk(std::string chunk) {
  asio::post(core().io, [weak = weak_from_this(), chunk = std::move(chunk)]() mutable {
    if (const auto self = weak.lock()) self->push_chunk(std::move(chunk));
  });
}

void HttpSession::push_chunk(std::string chunk) {
  chunks_.push_back(std::move(chunk));
  if (!is_writing_) write_next_chunk();
}

void HttpSession::write_next_chunk() {
  if (chunks_.empty()) return;
  const std::string chunk = std::move(chunks_.front());
  chunks_.pop_front();
  const bool is_last = chunk.empty();
  is_writing_ = true;
  std::string bytes = is_chunked_ ? fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk) : chunk;
  send(std::move(bytes), [self = shared_from_this(), is_last, size = chunk.size()] {
    self->is_writing_ = false;
    self->expect_nothing();
    if (is_last) return self->stream_.close();
    self->link_->sent(size);
    self->write_next_chunk();
  });
}

}  // namespace warder::manager
