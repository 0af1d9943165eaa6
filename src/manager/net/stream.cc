#include "manager/net/stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <climits>

namespace warder::manager {

Stream::Stream(Socket socket, const crypto::TlsServerContext* tls) : socket_(std::move(socket)) {
  error_code ignored;
  static_cast<void>(socket_.non_blocking(true, ignored));
  static_cast<void>(socket_.set_option(tcp::no_delay(true), ignored));
  if (tls == nullptr) return;
  tls_.reset(SSL_new(tls->native()));
  if (!tls_) {  // out of memory: never fall back to plain text
    static_cast<void>(socket_.close(ignored));
    return;
  }
  SSL_set_fd(tls_.get(), socket_.native_handle());
  SSL_set_accept_state(tls_.get());
  SSL_set_mode(tls_.get(),
               SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}

Stream::Step Stream::step_after(int result) {
  if (result > 0) return transferred(static_cast<std::size_t>(result));
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return wait_for(Socket::wait_read);
    case SSL_ERROR_WANT_WRITE:
      return wait_for(Socket::wait_write);
    case SSL_ERROR_ZERO_RETURN:
      return failed(asio::error::eof);
    default:
      return failed(asio::error::connection_reset);
  }
}

Stream::Step Stream::handshake() {
  if (!tls_) return {};
  ERR_clear_error();
  return step_after(SSL_do_handshake(tls_.get()));
}

Stream::Step Stream::read(asio::mutable_buffer buffer) {
  if (buffer.size() == 0) return {};
  if (tls_) {
    ERR_clear_error();
    return step_after(
        SSL_read(tls_.get(), buffer.data(), static_cast<int>(std::min<std::size_t>(buffer.size(), INT_MAX))));
  }
  const ssize_t got = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), 0);
  if (got > 0) return transferred(static_cast<std::size_t>(got));
  if (got == 0) return failed(asio::error::eof);
  if (errno == EAGAIN || errno == EINTR) return wait_for(Socket::wait_read);
  return failed(error_code(errno, boost::system::system_category()));
}

Stream::Step Stream::write(asio::const_buffer buffer) {
  if (buffer.size() == 0) return {};
  if (tls_) {
    ERR_clear_error();
    return step_after(
        SSL_write(tls_.get(), buffer.data(), static_cast<int>(std::min<std::size_t>(buffer.size(), INT_MAX))));
  }
  const ssize_t sent = ::send(socket_.native_handle(), buffer.data(), buffer.size(), MSG_NOSIGNAL);
  if (sent >= 0) return transferred(static_cast<std::size_t>(sent));
  if (errno == EAGAIN || errno == EINTR) return wait_for(Socket::wait_write);
  return failed(error_code(errno, boost::system::system_category()));
}

void Stream::close_sending() noexcept {
  if (!socket_.is_open()) return;
  if (tls_ && SSL_is_init_finished(tls_.get()) == 1) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());
  }
  error_code ignored;
  static_cast<void>(socket_.shutdown(tcp::socket::shutdown_send, ignored));
}

void Stream::close() noexcept {
  if (!socket_.is_open()) return;
  close_sending();
  error_code ignored;
  static_cast<void>(socket_.shutdown(tcp::socket::shutdown_receive, ignored));
  static_cast<void>(socket_.close(ignored));
}

void teardown(beast::role_type /*role*/, Stream& stream, error_code& error) {
  stream.close();
  error = {};
}

}  // namespace warder::manager
