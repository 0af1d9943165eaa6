#include "sinks/byte_stream.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/file.h"
#include "sinks/socket_address.h"

namespace warder::sinks {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using SslHandle = std::unique_ptr<SSL, decltype(&SSL_free)>;

constexpr milliseconds kGlance{200};  // between looks at the stop token

// Until the socket is ready for `events`. Timeout, or Unavailable when stopped.
Result<void> wait(int fd, short events, steady_clock::time_point end, const std::stop_token& stop) {
  for (;;) {
    if (stop.stop_requested()) return fail(ErrorCode::Unavailable, "stopped");
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    if (left.count() <= 0) return fail(ErrorCode::Timeout, "the receiver does not answer in time");
    pollfd waiting{fd, events, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min(left, kGlance).count()));
    if (ready < 0 && errno != EINTR) return fail_errno("poll", errno);
    if (ready > 0) return {};
  }
}

Result<UniqueFd> connect_to(const IpAddress& address, std::uint16_t port, steady_clock::time_point end,
                            const std::stop_token& stop) {
  sockaddr_storage storage{};
  const socklen_t size = to_native(address, port, storage);
  UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return fail_errno("socket", errno);
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size) == 0) return fd;
  if (errno != EINPROGRESS) return fail_errno(address.text(), errno);
  WD_TRY(wait(fd.get(), POLLOUT, end, stop));
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return fail_errno(address.text() + " port " + std::to_string(port), error);
  return fd;
}

}  // namespace

struct ByteStream::State {
  UniqueFd fd;
  SslHandle ssl{nullptr, &SSL_free};
  bool is_broken = false;

  Result<void> shake_hands(const StreamTarget& target, steady_clock::time_point end, const std::stop_token& stop) {
    ssl.reset(SSL_new(target.tls->native()));
    if (!ssl || SSL_set_fd(ssl.get(), fd.get()) != 1) return fail(ErrorCode::Internal, "TLS: " + crypto::tls_errors());
    target.tls->prepare(ssl.get());
    for (;;) {
      const int result = SSL_connect(ssl.get());
      if (result == 1) return {};
      const int reason = SSL_get_error(ssl.get(), result);
      if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE)
        return fail(ErrorCode::Unauthenticated, "TLS: " + crypto::tls_errors());
      WD_TRY(wait(fd.get(), reason == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, end, stop));
    }
  }

  // How many bytes went; 0: wait for `events`.
  Result<std::size_t> write_some(std::string_view bytes, short& events) const {
    events = POLLOUT;
    if (!ssl) {
      const ssize_t sent = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) return static_cast<std::size_t>(sent);
      if (errno == EAGAIN || errno == EINTR) return 0;
      return fail_errno("send", errno);
    }
    std::size_t sent = 0;
    if (SSL_write_ex(ssl.get(), bytes.data(), bytes.size(), &sent) == 1) return sent;
    const int reason = SSL_get_error(ssl.get(), 0);
    if (reason == SSL_ERROR_WANT_READ) events = POLLIN;
    if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return 0;
    return fail(ErrorCode::Unavailable, "TLS: the connection ended " + crypto::tls_errors());
  }

  // Whatever the peer says is thrown away; that it ended is not.
  Result<void> look_for_end() const {
    char buffer[512];
    for (;;) {
      if (!ssl) {
        const ssize_t size = ::recv(fd.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        if (size > 0) continue;
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
        return fail(ErrorCode::Unavailable, "the receiver ended the connection");
      }
      std::size_t size = 0;
      if (SSL_read_ex(ssl.get(), buffer, sizeof buffer, &size) == 1) continue;
      const int reason = SSL_get_error(ssl.get(), 0);
      if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return {};
      [[maybe_unused]] const std::string why = crypto::tls_errors();
      return fail(ErrorCode::Unavailable, "the receiver ended the connection");
    }
  }
};

ByteStream::ByteStream(std::unique_ptr<State> state) : state_(std::move(state)) {}

ByteStream::~ByteStream() {
  // close_notify, so that the receiver knows that nothing was cut off.
  if (state_->ssl && !state_->is_broken) SSL_shutdown(state_->ssl.get());
  ERR_clear_error();
}

Result<std::unique_ptr<ByteStream>> ByteStream::connect(const StreamTarget& target, milliseconds patience,
                                                        const std::stop_token& stop) {
  const auto end = steady_clock::now() + patience;
  const auto addresses = WD_TRY(resolve(target.host, target.may_reach));
  Result<UniqueFd> fd = fail(ErrorCode::Unavailable, target.host);
  for (const IpAddress& address : addresses) {
    fd = connect_to(address, target.port, end, stop);
    if (fd) break;
  }
  if (!fd) return fail(ErrorCode::Unavailable, fd.error().message);
  auto state = std::make_unique<State>();
  state->fd = std::move(*fd);
  if (target.tls) WD_TRY(state->shake_hands(target, end, stop).in(target.host));
  return std::unique_ptr<ByteStream>(new ByteStream(std::move(state)));
}

Result<void> ByteStream::write(std::string_view bytes, milliseconds patience, const std::stop_token& stop) {
  const auto end = steady_clock::now() + patience;
  while (!bytes.empty()) {
    short events = 0;
    auto sent = state_->write_some(bytes, events);
    const auto ready = sent && *sent == 0 ? wait(state_->fd.get(), events, end, stop) : Result<void>{};
    if (!sent || !ready) {
      state_->is_broken = true;
      return fail(sent ? ready.error() : sent.error());
    }
    bytes.remove_prefix(*sent);
  }
  return {};
}

Result<std::size_t> ByteStream::unacknowledged() {
  const auto alive = state_->look_for_end();
  if (!alive) {
    state_->is_broken = true;
    return fail(alive.error());
  }
  int bytes = 0;
  if (::ioctl(state_->fd.get(), SIOCOUTQ, &bytes) != 0) return fail_errno("SIOCOUTQ", errno);
  return static_cast<std::size_t>(bytes);
}

std::string ByteStream::protection() const {
  return state_->ssl ? crypto::negotiated(state_->ssl.get()) : "plain";
}

}  // namespace warder::sinks
