#include "manager/gateway/testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <charconv>

#include "protocol/protocol.h"

namespace warder::manager::testing {
namespace {

constexpr std::chrono::seconds kLongest{10};
constexpr int kText = 1;
constexpr int kBinary = 2;
constexpr int kClose = 8;
constexpr int kPing = 9;
constexpr int kPong = 10;

Result<UniqueFd> dial(std::uint16_t port) {
  UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!fd.is_open()) return fail_errno("socket", errno);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_errno("connect", errno);
  const int one = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

tl::unexpected<Error> tls_failure(std::string_view what) {
  return fail(ErrorCode::Unavailable, std::string{what} + ": " + crypto::tls_errors());
}

}  // namespace

WireClient::WireClient(UniqueFd fd, SSL* ssl, std::shared_ptr<const crypto::TlsClientContext> tls)
    : fd_(std::move(fd)), ssl_(ssl), tls_(std::move(tls)) {}

WireClient::~WireClient() {
  SSL_free(ssl_);
}

Result<std::unique_ptr<WireClient>> WireClient::connect(std::uint16_t port,
                                                        std::shared_ptr<const crypto::TlsClientContext> tls) {
  UniqueFd fd = WD_TRY(dial(port));
  SSL* ssl = SSL_new(tls->native());
  if (ssl == nullptr) return tls_failure("SSL_new");
  std::unique_ptr<WireClient> client{new WireClient(std::move(fd), ssl, std::move(tls))};
  SSL_set_fd(ssl, client->fd_.get());
  client->tls_->prepare(ssl);
  if (SSL_connect(ssl) != 1) return tls_failure("handshake");
  return client;
}

bool WireClient::is_resumed() const {
  return SSL_session_reused(ssl_) == 1;
}

Result<void> WireClient::write(std::string_view bytes) {
  if (SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) <= 0) return tls_failure("write");
  return {};
}

// True when bytes came, false after the timeout.
Result<bool> WireClient::read_some(std::chrono::milliseconds timeout) {
  if (SSL_pending(ssl_) == 0) {
    pollfd waiting{fd_.get(), POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(timeout.count()));
    if (ready < 0) return fail_errno("poll", errno);
    if (ready == 0) return false;
  }
  std::array<char, 16'384> chunk{};
  const int got = SSL_read(ssl_, chunk.data(), static_cast<int>(chunk.size()));
  if (got <= 0) return tls_failure("the stream ended");
  buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

Result<std::string> WireClient::read_head() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!WD_TRY(read_some(kLongest))) return fail(ErrorCode::Timeout, "no answer");
  std::string head = buffer_.substr(0, end + 4);
  buffer_.erase(0, end + 4);
  return head;
}

Result<WireClient::Answer> WireClient::request(std::string_view method, std::string_view path, std::string_view body,
                                               std::string_view headers) {
  std::string text{method};
  text.append(" ").append(path).append(" HTTP/1.1\r\nhost: manager\r\n").append(headers);
  text.append("content-type: application/json\r\ncontent-length: ").append(std::to_string(body.size()));
  text.append("\r\n\r\n").append(body);
  WD_TRY(write(text));
  const std::string head = WD_TRY(read_head());
  Answer answer;
  std::from_chars(head.data() + 9, head.data() + 12, answer.status);
  std::string lower = head;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::size_t length = 0;
  if (const std::size_t at = lower.find("content-length: "); at != std::string::npos)
    std::from_chars(lower.data() + at + 16, lower.data() + lower.size(), length);
  while (buffer_.size() < length)
    if (!WD_TRY(read_some(kLongest))) return fail(ErrorCode::Timeout, "no body");
  answer.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return answer;
}

Result<void> WireClient::upgrade(std::string_view path) {
  WD_TRY(write("GET " + std::string{path} +
               " HTTP/1.1\r\nhost: manager\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
               "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
  const std::string head = WD_TRY(read_head());
  if (!head.starts_with("HTTP/1.1 101")) return fail(ErrorCode::Forbidden, head.substr(0, head.find('\r')));
  return {};
}

Result<void> WireClient::send_frame(int opcode, std::string_view payload) {
  std::string frame{static_cast<char>(0x80 | opcode)};
  const std::size_t size = payload.size();
  const auto append_length = [&](int bytes) {
    for (int i = bytes - 1; i >= 0; --i) frame += static_cast<char>((size >> (8 * i)) & 0xff);
  };
  if (size < 126) {
    frame += static_cast<char>(0x80 | size);
  } else if (size <= 0xffff) {
    frame += static_cast<char>(0x80 | 126);
    append_length(2);
  } else {
    frame += static_cast<char>(0x80 | 127);
    append_length(8);
  }
  frame += std::string(4, '\0');  // the mask: zero is as good as any here
  frame += payload;
  return write(frame);
}

Result<void> WireClient::send(std::string_view message) {
  return send_frame(kBinary, message);
}

Result<void> WireClient::send(const protocol::Envelope& envelope) {
  return send(protocol::serialize(envelope));
}

// A whole frame from the buffer, if there is one; servers do not mask or fragment what we ask for here.
std::optional<std::string> WireClient::take_frame(int* opcode) {
  const auto byte = [this](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(buffer_[i])); };
  if (buffer_.size() < 2) return std::nullopt;
  std::size_t size = byte(1) & 0x7f;
  std::size_t head = 2;
  const std::size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (buffer_.size() < head + extra) return std::nullopt;
  if (extra > 0) {
    size = 0;
    for (std::size_t i = 0; i < extra; ++i) size = (size << 8) | byte(head + i);
    head += extra;
  }
  if (buffer_.size() < head + size) return std::nullopt;
  *opcode = static_cast<int>(byte(0) & 0x0f);
  std::string payload = buffer_.substr(head, size);
  buffer_.erase(0, head + size);
  return payload;
}

Result<std::optional<std::string>> WireClient::receive(std::chrono::milliseconds timeout) {
  while (true) {
    int opcode = 0;
    while (auto payload = take_frame(&opcode)) {
      if (opcode == kPing) WD_TRY(send_frame(kPong, *payload));
      if (opcode == kClose) return fail(ErrorCode::Unavailable, payload->size() > 2 ? payload->substr(2) : "closed");
      if (opcode == kBinary || opcode == kText) return std::optional{std::move(*payload)};
    }
    if (!WD_TRY(read_some(timeout))) return std::optional<std::string>{};
  }
}

Result<protocol::Envelope> WireClient::next() {
  const auto message = WD_TRY(receive(kLongest));
  if (!message) return fail(ErrorCode::Timeout, "no message");
  return protocol::parse_envelope(as_bytes(*message));
}

}  // namespace warder::manager::testing
