// A TCP connection, with TLS or without, in the form Beast reads and writes. OpenSSL works on the socket itself: no
// memory BIOs and no buffers of ours, so an idle connection costs about half of what asio::ssl::stream takes. For this
// folder's .cc files only.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/compose.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <memory>

#include "crypto/tls.h"

namespace warder::manager {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

class Stream {
 public:
  using Socket = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;
  using executor_type = Socket::executor_type;

  /// `tls` null: plain TCP.
  Stream(Socket socket, const crypto::TlsServerContext* tls);

  executor_type get_executor() noexcept { return socket_.get_executor(); }
  Socket& next_layer() noexcept { return socket_; }
  [[nodiscard]] const Socket& next_layer() const noexcept { return socket_; }
  [[nodiscard]] SSL* tls() const noexcept { return tls_.get(); }

  /// Token: void(error_code, std::size_t); at once for plain TCP.
  template <class Token>
  auto async_handshake(Token&& token) {
    return async_step([](Stream& self) { return self.handshake(); }, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    const auto buffer = first_of<asio::mutable_buffer>(buffers);
    return async_step([buffer](Stream& self) { return self.read(buffer); }, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    const auto buffer = first_of<asio::const_buffer>(buffers);
    return async_step([buffer](Stream& self) { return self.write(buffer); }, std::forward<Token>(token));
  }

  /// Says goodbye if that does not block; the peer's goodbye is not waited for. Then closes.
  void close() noexcept;
  /// Says goodbye and sends no more; next_layer() can still be read, to throw away what comes.
  void close_sending() noexcept;

 private:
  /// What one non-blocking attempt came to: something to wait for, or the end.
  struct Step {
    bool is_done = true;
    Socket::wait_type wait = Socket::wait_read;
    error_code error;
    std::size_t bytes = 0;
  };
  static Step transferred(std::size_t bytes) { return {true, Socket::wait_read, {}, bytes}; }
  static Step wait_for(Socket::wait_type wait) { return {false, wait, {}, 0}; }
  static Step failed(error_code error) { return {true, Socket::wait_read, error, 0}; }
  Step handshake();
  Step read(asio::mutable_buffer buffer);
  Step write(asio::const_buffer buffer);
  Step step_after(int result);

  template <class Buffer, class Buffers>
  static Buffer first_of(const Buffers& buffers) {
    for (const Buffer buffer : beast::buffers_range_ref(buffers)) {
      if (buffer.size() > 0) return buffer;
    }
    return {};
  }

  template <class Attempt>
  struct Operation {
    Stream& stream;
    Attempt attempt;
    Step step{};
    enum class State { Starting, Waiting, Posted } state = State::Starting;

    template <class Self>
    void operator()(Self& self, error_code error = {}) {
      if (state == State::Posted) return self.complete(step.error, step.bytes);
      if (error) return self.complete(error, 0);
      step = attempt(stream);
      if (!step.is_done) {
        state = State::Waiting;
        Socket& socket = stream.socket_;
        socket.async_wait(step.wait, std::move(self));
      } else if (state == State::Starting) {  // an initiating function may not call its handler itself
        state = State::Posted;
        asio::post(stream.get_executor(), std::move(self));
      } else {
        self.complete(step.error, step.bytes);
      }
    }
  };

  template <class Attempt, class Token>
  auto async_step(Attempt attempt, Token&& token) {
    return asio::async_compose<Token, void(error_code, std::size_t)>(Operation<Attempt>{*this, attempt}, token,
                                                                     socket_);
  }

  struct FreeSsl {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  };
  Socket socket_;
  std::unique_ptr<SSL, FreeSsl> tls_;
};

/// Found by Beast when a WebSocket ends.
void teardown(beast::role_type role, Stream& stream, error_code& error);
template <class Handler>
void async_teardown(beast::role_type /*role*/, Stream& stream, Handler&& handler) {
  stream.close();
  asio::post(stream.get_executor(),
             [handler = std::forward<Handler>(handler)]() mutable { std::move(handler)(error_code{}); });
}

}  // namespace warder::manager
