#include "crypto/tls_probe.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <memory>

#include "base/file.h"
#include "crypto/openssl.h"
#include "crypto/tls.h"

namespace warder::crypto {
namespace {

using Ssl = std::unique_ptr<SSL, openssl::Free<SSL_free>>;

int number_of(TlsVersion version) noexcept {
  switch (version) {
    case TlsVersion::Tls10:
      return TLS1_VERSION;
    case TlsVersion::Tls11:
      return TLS1_1_VERSION;
    case TlsVersion::Tls12:
      return TLS1_2_VERSION;
    case TlsVersion::Tls13:
      return TLS1_3_VERSION;
  }
  return TLS1_3_VERSION;
}

struct FreeAddresses {
  void operator()(addrinfo* addresses) const noexcept { ::freeaddrinfo(addresses); }
};

Result<void> wait_connected(int fd, std::chrono::seconds limit) {
  pollfd waiting{fd, POLLOUT, 0};
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  if (::poll(&waiting, 1, static_cast<int>(milliseconds)) != 1) return fail(ErrorCode::Timeout, "nobody answers");
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
    return fail(ErrorCode::Unavailable, "the connection is refused");
  return {};
}

/// Blocking, each read and write at most `limit`.
Result<UniqueFd> connect_to(const HostPort& server, std::chrono::seconds limit) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &found) != 0)
    return fail(ErrorCode::Unavailable, server.text() + ": there is no such host");
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(found);
  UniqueFd fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return fail_errno("socket", errno);
  if (::connect(fd.get(), found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS)
    return fail(ErrorCode::Unavailable, server.text() + ": the connection is refused");
  WD_TRY(wait_connected(fd.get(), limit).in(server.text()));
  const timeval time{limit.count(), 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (::fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK) != 0) return fail_errno("fcntl", errno);
  return fd;
}

Result<openssl::Context> make_offer(const TlsOffer& offer) {
  openssl::Context context{SSL_CTX_new(TLS_client_method())};
  openssl::must(context != nullptr);
  // Without a level, OpenSSL would not even ask for what is to be refused.
  const std::string ciphers = (offer.ciphers.empty() ? "ALL:COMPLEMENTOFALL" : offer.ciphers) + ":@SECLEVEL=0";
  if (SSL_CTX_set_cipher_list(context.get(), ciphers.c_str()) != 1)
    return fail(ErrorCode::Unavailable, "this program does not know " + offer.ciphers);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  if (SSL_CTX_set_min_proto_version(context.get(), number_of(offer.lowest)) != 1 ||
      SSL_CTX_set_max_proto_version(context.get(), number_of(offer.highest)) != 1)
    return fail(ErrorCode::Unavailable, "this program cannot offer " + std::string(name(offer.highest)));
  return context;
}

std::optional<Timestamp> end_of_certificate(SSL* ssl) {
  const openssl::Certificate certificate{SSL_get1_peer_certificate(ssl)};
  if (certificate == nullptr) return std::nullopt;
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &time) != 1) return std::nullopt;
  return Timestamp{std::chrono::seconds{::timegm(&time)}};
}

struct Session {
  UniqueFd fd;
  openssl::Context context;
  Ssl ssl;
  int result = 0;
};

Result<Session> shake_hands(const HostPort& server, const TlsOffer& offer, std::chrono::seconds limit) {
  Session session;
  session.context = WD_TRY(make_offer(offer));
  session.fd = WD_TRY(connect_to(server, limit));
  session.ssl.reset(SSL_new(session.context.get()));
  openssl::must(session.ssl != nullptr && SSL_set_fd(session.ssl.get(), session.fd.get()) == 1);
  if (!offer.server_name.empty())
    SSL_ctrl(session.ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(offer.server_name.c_str()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  ERR_clear_error();
  errno = 0;
  session.result = SSL_connect(session.ssl.get());
  if (session.result == 1) return session;
  if (SSL_get_error(session.ssl.get(), session.result) == SSL_ERROR_SYSCALL && errno == EAGAIN)
    return fail(ErrorCode::Timeout, server.text() + ": the handshake stalls");
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_NO_PROTOCOLS_AVAILABLE)
    return fail(ErrorCode::Unavailable, "this program cannot offer " + std::string(name(offer.highest)));
  return session;
}

}  // namespace

std::string_view name(TlsVersion version) noexcept {
  switch (version) {
    case TlsVersion::Tls10:
      return "TLS 1.0";
    case TlsVersion::Tls11:
      return "TLS 1.1";
    case TlsVersion::Tls12:
      return "TLS 1.2";
    case TlsVersion::Tls13:
      return "TLS 1.3";
  }
  return "";
}

Result<TlsHandshake> probe_tls(const HostPort& server, const TlsOffer& offer, std::chrono::seconds limit) {
  const Session session = WD_TRY(shake_hands(server, offer, limit));
  TlsHandshake handshake;
  handshake.is_accepted = session.result == 1;
  if (!handshake.is_accepted) {
    handshake.refusal = tls_errors();
    return handshake;
  }
  handshake.negotiated = negotiated(session.ssl.get());
  handshake.not_after = end_of_certificate(session.ssl.get());
  return handshake;
}

Result<std::string> exchange_over_tls(const HostPort& server, std::string_view request, std::chrono::seconds limit,
                                      std::size_t max_bytes) {
  const Session session = WD_TRY(shake_hands(server, {}, limit));
  if (session.result != 1) return fail(ErrorCode::Unavailable, server.text() + ": no handshake: " + tls_errors());
  if (SSL_write(session.ssl.get(), request.data(), static_cast<int>(request.size())) <= 0)
    return fail(ErrorCode::Unavailable, server.text() + ": the connection ended");
  std::string answer;
  std::array<char, 16'384> buffer{};
  while (answer.size() < max_bytes) {
    const int got = SSL_read(session.ssl.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0) break;
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  tls_errors();
  return answer;
}

Result<std::string> exchange_in_the_clear(const HostPort& server, std::string_view request, std::chrono::seconds limit,
                                          std::size_t max_bytes) {
  const UniqueFd fd = WD_TRY(connect_to(server, limit));
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return std::string();
  std::string answer;
  std::array<char, 4096> buffer{};
  while (answer.size() < max_bytes) {
    const ssize_t got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return answer;
}

}  // namespace warder::crypto
