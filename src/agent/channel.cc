#include "agent/channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/bytes.h"

namespace warder::agent {
namespace {

constexpr std::size_t kLengthBytes = 4;

Result<void> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      pollfd waiting{fd, POLLOUT, 0};
      ::poll(&waiting, 1, 1000);
      continue;
    }
    if (count < 0) return fail(ErrorCode::Unavailable, "worker channel: the peer is gone");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

std::size_t announced_length(std::string_view buffer) {
  auto reader = Reader(as_bytes(buffer));
  return reader.u32be().value_or(0);
}

}  // namespace

Result<void> Channel::send(const protocol::WorkerEnvelope& message) {
  const std::size_t length = message.ByteSizeLong();
  if (length > kMaxWorkerMessageBytes) return fail(ErrorCode::TooLarge, "worker channel: message too long");
  Bytes head;
  append_u32be(head, static_cast<std::uint32_t>(length));
  std::string frame(as_text(head));
  message.AppendToString(&frame);
  const std::lock_guard lock(send_mutex_);
  return write_all(fd_.get(), frame);
}

Result<std::optional<protocol::WorkerEnvelope>> Channel::take_buffered() {
  if (buffer_.size() < kLengthBytes) return std::nullopt;
  const std::size_t length = announced_length(buffer_);
  if (length > kMaxWorkerMessageBytes) return fail(ErrorCode::Corrupt, "worker channel: announced length too long");
  if (buffer_.size() < kLengthBytes + length) return std::nullopt;
  protocol::WorkerEnvelope message;
  if (!message.ParseFromArray(buffer_.data() + kLengthBytes, static_cast<int>(length))) {
    return fail(ErrorCode::Corrupt, "worker channel: not a message");
  }
  buffer_.erase(0, kLengthBytes + length);
  return message;
}

namespace {

enum class Received : std::uint8_t { Bytes, Nothing, Closed };

Received receive_into(std::string& buffer, int fd, int flags) {
  std::array<char, 65536> chunk{};
  ssize_t count = 0;
  do {
    count = ::recv(fd, chunk.data(), chunk.size(), flags);
  } while (count < 0 && errno == EINTR);
  if (count > 0) {
    buffer.append(chunk.data(), static_cast<std::size_t>(count));
    return Received::Bytes;
  }
  if (count < 0 && errno == EAGAIN) return Received::Nothing;
  return Received::Closed;
}

}  // namespace

Result<std::optional<protocol::WorkerEnvelope>> Channel::receive() {
  while (true) {
    auto message = WD_TRY(take_buffered());
    if (message) return message;
    if (receive_into(buffer_, fd_.get(), 0) == Received::Closed) return std::nullopt;
  }
}

Result<std::optional<protocol::WorkerEnvelope>> Channel::poll() {
  while (true) {
    auto message = WD_TRY(take_buffered());
    if (message) return message;
    switch (receive_into(buffer_, fd_.get(), MSG_DONTWAIT)) {
      case Received::Bytes:
        break;
      case Received::Nothing:
        return std::nullopt;
      case Received::Closed:
        return fail(ErrorCode::Unavailable, "worker channel: closed");
    }
  }
}

Result<ChannelPair> make_channel_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return fail_errno("socketpair", errno);
  return ChannelPair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace warder::agent
