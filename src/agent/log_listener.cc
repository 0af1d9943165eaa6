#include "agent/log_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <list>
#include <optional>

#include "base/file.h"
#include "base/text.h"
#include "crypto/tls.h"
#include "records/syslog.h"

namespace warder::agent {
namespace {

constexpr std::size_t kMaxDatagram = 65'536;
constexpr int kWantedBuffer = 8 << 20;  // the kernel gives what net.core.rmem_max allows
constexpr int kBacklog = 128;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);
  [[nodiscard]] sockaddr* get() noexcept {
    return reinterpret_cast<sockaddr*>(&storage);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast): socket(7)
  }
};

SocketAddress to_socket_address(const IpAddress& ip, std::uint16_t port) {
  SocketAddress address;
  if (ip.is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, ip.bytes().data() + 12, 4);
    std::memcpy(&address.storage, &in, sizeof in);
    address.size = sizeof in;
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, ip.bytes().data(), 16);
    std::memcpy(&address.storage, &in, sizeof in);
    address.size = sizeof in;
  }
  return address;
}

std::string ip_text(const SocketAddress& address) {
  std::array<std::uint8_t, 16> bytes{};
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address.storage, sizeof in);
    return IpAddress::v4(ntohl(in.sin_addr.s_addr)).text();
  }
  sockaddr_in6 in{};
  std::memcpy(&in, &address.storage, sizeof in);
  std::memcpy(bytes.data(), &in.sin6_addr, 16);
  return IpAddress::v6(bytes).text();
}

Result<UniqueFd> open_socket(const ListenOptions& options) {
  const IpAddress ip = WD_TRY(parse_ip(options.address.host));
  SocketAddress address = to_socket_address(ip, options.address.port);
  const int type = options.kind == ListenKind::Udp ? SOCK_DGRAM : SOCK_STREAM;
  UniqueFd fd(::socket(address.storage.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return fail_errno(options.text, errno);
  const int on = 1;
  if (options.kind == ListenKind::Udp) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kWantedBuffer, sizeof kWantedBuffer);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  } else {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  if (!ip.is_v4()) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd.get(), address.get(), address.size) != 0) return fail_errno(options.text, errno);
  if (type == SOCK_STREAM && ::listen(fd.get(), kBacklog) != 0) return fail_errno(options.text, errno);
  return fd;
}

class Listener : public LogSource {
 public:
  Listener(ListenOptions options, UniqueFd fd) : options_(std::move(options)), fd_(std::move(fd)) {}
  [[nodiscard]] const std::string& name() const noexcept override { return options_.text; }
  [[nodiscard]] std::vector<int> descriptors() const override { return {fd_.get()}; }
  std::vector<LogNotice> take_notices() override {
    if (untold_drops_ == 0) return {};
    return {{"log-inspection.lines.dropped", options_.text, "the network sent more than could be read",
             std::exchange(untold_drops_, 0)}};
  }

 protected:
  void add(std::string_view message, bool is_cut, const std::string& sender, std::vector<LogRecord>& out) const {
    std::string line = records::syslog_line(message, sender);
    if (line.empty()) return;
    const std::string_view scheme = options_.kind == ListenKind::Udp   ? "udp://"
                                    : options_.kind == ListenKind::Tcp ? "tcp://"
                                                                       : "tls://";
    out.push_back({std::move(line), std::string(scheme) + sender, sender, is_cut});
  }
  void drop(std::uint64_t count) {
    drops_ += count;
    untold_drops_ += count;
  }

  ListenOptions options_;
  UniqueFd fd_;
  std::uint64_t drops_ = 0;
  std::uint64_t untold_drops_ = 0;
};

class UdpListener final : public Listener {
 public:
  using Listener::Listener;
  [[nodiscard]] bool can_wait() const noexcept override { return false; }

  bool poll(const records::TailTime& /*time*/, std::size_t budget, std::vector<LogRecord>& out) override {
    std::size_t taken = 0;
    while (taken < budget) {
      const auto size = receive(out);
      if (!size) return false;
      taken += *size + 1;
    }
    return true;
  }
  void count(std::map<std::string, std::uint64_t>& counters) const override { counters["dropped"] += drops_; }

 private:
  // Absent: nothing is there.
  std::optional<std::size_t> receive(std::vector<LogRecord>& out) {
    SocketAddress from;
    iovec part{buffer_.data(), buffer_.size()};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(std::uint32_t))> control{};
    msghdr message{};
    message.msg_name = from.get();
    message.msg_namelen = from.size;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(fd_.get(), &message, 0);
    if (size < 0) return errno == EINTR ? std::optional<std::size_t>(0) : std::nullopt;
    note_overflow(message);
    const std::size_t count = std::min(static_cast<std::size_t>(size), options_.max_message_bytes);
    const bool is_cut = count < static_cast<std::size_t>(size) || (message.msg_flags & MSG_TRUNC) != 0;
    add({buffer_.data(), count}, is_cut, ip_text(from), out);
    return static_cast<std::size_t>(size);
  }

  // socket(7), SO_RXQ_OVFL: how many were dropped since the socket was made, modulo 2³².
  void note_overflow(msghdr& message) {
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SO_RXQ_OVFL) continue;
      std::uint32_t total = 0;
      std::memcpy(&total, CMSG_DATA(header), sizeof total);
      const std::uint32_t more = total - overflow_;
      overflow_ = total;
      if (more > 0) drop(more);
    }
  }

  std::vector<char> buffer_ = std::vector<char>(kMaxDatagram);
  std::uint32_t overflow_ = 0;
};

struct FreeSsl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};

struct Connection {
  Connection(UniqueFd socket, std::string from, std::size_t max_bytes)
      : fd(std::move(socket)), sender(std::move(from)), stream(max_bytes) {}
  UniqueFd fd;
  std::string sender;
  records::SyslogStream stream;
  std::unique_ptr<SSL, FreeSsl> ssl;
  bool is_shaken = false;  // the handshake is done
  std::chrono::steady_clock::time_point last;
};

class StreamListener final : public Listener {
 public:
  StreamListener(ListenOptions options, UniqueFd fd, std::shared_ptr<const crypto::TlsServerContext> tls)
      : Listener(std::move(options), std::move(fd)), tls_(std::move(tls)) {}
  [[nodiscard]] bool can_wait() const noexcept override { return true; }

  bool poll(const records::TailTime& time, std::size_t budget, std::vector<LogRecord>& out) override {
    accept_all(time);
    bool has_more = false;
    const std::size_t share = std::max<std::size_t>(4096, budget / std::max<std::size_t>(1, connections_.size()));
    for (auto at = connections_.begin(); at != connections_.end();) {
      const Progress progress = read(*at, time, share, out);
      has_more = has_more || progress == Progress::More;
      const bool is_idle = time.steady - at->last > options_.idle;
      at = progress == Progress::Ended || is_idle ? connections_.erase(at) : std::next(at);
    }
    return has_more;
  }

  [[nodiscard]] std::vector<int> descriptors() const override {
    std::vector<int> all{fd_.get()};
    for (const Connection& connection : connections_) all.push_back(connection.fd.get());
    return all;
  }
  void count(std::map<std::string, std::uint64_t>& counters) const override {
    counters["connections"] += connections_.size();
    counters["connections_refused"] += refused_;
  }

 private:
  enum class Progress : std::uint8_t { Waiting, More, Ended };

  void accept_all(const records::TailTime& time) {
    while (true) {
      SocketAddress from;
      UniqueFd fd(::accept4(fd_.get(), from.get(), &from.size, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!fd.is_open()) return;
      if (connections_.size() >= options_.max_connections) {
        ++refused_;
        continue;
      }
      Connection& connection = connections_.emplace_back(std::move(fd), ip_text(from), options_.max_message_bytes);
      connection.last = time.steady;
      if (!tls_) continue;
      connection.ssl.reset(SSL_new(tls_->native()));
      if (!connection.ssl || SSL_set_fd(connection.ssl.get(), connection.fd.get()) != 1) connections_.pop_back();
    }
  }

  Progress read(Connection& connection, const records::TailTime& time, std::size_t budget,
                std::vector<LogRecord>& out) {
    const auto take = [&](std::string_view message, bool is_cut) { add(message, is_cut, connection.sender, out); };
    std::array<char, 16'384> buffer;
    while (budget > 0) {
      const long size = receive(connection, buffer.data(), buffer.size());
      if (size == kNothing) return Progress::Waiting;
      if (size <= 0) {
        connection.stream.finish(take);
        return Progress::Ended;
      }
      connection.last = time.steady;
      const auto count = static_cast<std::size_t>(size);
      if (!connection.stream.feed({buffer.data(), count}, take)) return Progress::Ended;
      budget -= std::min(budget, count);
    }
    return Progress::More;
  }

  static constexpr long kNothing = -2;

  // Bytes, 0 at the end, -1 on failure, kNothing.
  static long receive(Connection& connection, char* into, std::size_t size) {
    if (!connection.ssl) {
      const ssize_t count = ::recv(connection.fd.get(), into, size, 0);
      return count < 0 && (errno == EAGAIN || errno == EINTR) ? kNothing : static_cast<long>(count);
    }
    SSL* ssl = connection.ssl.get();
    int result = 1;
    if (!connection.is_shaken) {
      result = SSL_accept(ssl);
      connection.is_shaken = result == 1;
    }
    if (connection.is_shaken) result = SSL_read(ssl, into, static_cast<int>(size));
    if (result > 0) return result;
    const int error = SSL_get_error(ssl, result);
    static_cast<void>(crypto::tls_errors());
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return kNothing;
    return error == SSL_ERROR_ZERO_RETURN ? 0 : -1;
  }

  std::shared_ptr<const crypto::TlsServerContext> tls_;
  std::list<Connection> connections_;
  std::uint64_t refused_ = 0;
};

}  // namespace

Result<ListenOptions> parse_listen(std::string_view text) {
  ListenOptions options;
  options.text = trim(text);
  const std::size_t space = options.text.find(' ');
  const std::string_view kind = std::string_view(options.text).substr(0, space);
  if (kind == "udp") {
    options.kind = ListenKind::Udp;
  } else if (kind == "tcp") {
    options.kind = ListenKind::Tcp;
  } else if (kind == "tls") {
    options.kind = ListenKind::Tls;
  } else {
    return fail(ErrorCode::Invalid, options.text + ": begin with udp, tcp or tls: \"tcp 127.0.0.1:1514\"");
  }
  if (space == std::string::npos) return fail(ErrorCode::Invalid, options.text + ": give an address and a port");
  options.address = WD_TRY(parse_host_port(trim(std::string_view(options.text).substr(space))).in(options.text));
  WD_TRY(parse_ip(options.address.host).in(options.text));
  return options;
}

Result<std::unique_ptr<LogSource>> make_log_listener(ListenOptions options) {
  std::shared_ptr<const crypto::TlsServerContext> tls;
  if (options.kind == ListenKind::Tls) {
    crypto::TlsServerOptions server;
    server.certificate_chain_pem = options.certificate_pem;
    server.private_key_pem = options.private_key_pem;
    server.client_ca_pem = options.client_ca_pem;
    server.require_client_certificate = !options.client_ca_pem.empty();
    tls = WD_TRY(crypto::TlsServerContext::create(server).in(options.text));
  }
  UniqueFd fd = WD_TRY(open_socket(options));
  if (options.kind == ListenKind::Udp) return std::make_unique<UdpListener>(std::move(options), std::move(fd));
  return std::make_unique<StreamListener>(std::move(options), std::move(fd), std::move(tls));
}

}  // namespace warder::agent
