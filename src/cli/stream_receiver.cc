#include "cli/stream_receiver.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <optional>

#include "base/address.h"
#include "base/text.h"
#include "stream/record.h"

namespace warder::cli {
namespace {

constexpr std::size_t kRemembered = 65'536;
constexpr std::size_t kEndBytes = 32 << 20;  // of the newest file
constexpr std::size_t kMaxHead = 16 << 10;
constexpr int kStepMs = 200;

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

struct Head {
  std::string method;
  std::size_t length = 0;
  std::string authorization;
  bool expects = false;
  bool closes = false;
};

Result<Head> parse_head(std::string_view text) {
  Head head;
  bool is_first = true;
  bool has_length = false;
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (std::exchange(is_first, false)) {
      head.method = line.substr(0, line.find(' '));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string name = lower(line.substr(0, colon));
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    while (value.ends_with(' ')) value.remove_suffix(1);
    if (name == "transfer-encoding") return fail(ErrorCode::Invalid, "a body without a length");
    if (name == "content-length") {
      const auto length = parse_integer<std::size_t>(value);
      if (!length || has_length) return fail(ErrorCode::Invalid, "the length of the body");
      head.length = *length;
      has_length = true;
    }
    if (name == "authorization") head.authorization = value;
    if (name == "expect") head.expects = lower(value) == "100-continue";
    if (name == "connection") head.closes = lower(value) == "close";
  }
  return head;
}

std::string answer_of(std::string_view status, std::string_view text) {
  return "HTTP/1.1 " + std::string(status) +
         "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" +
         std::string(text);
}

Result<void> write_and_sync(const std::filesystem::path& file, std::string_view bytes) {
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.is_open()) return fail_errno(file.string(), errno);
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(file.string(), errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fdatasync(fd.get()) != 0) return fail_errno(file.string(), errno);
  return {};
}

}  // namespace

Result<std::unique_ptr<StreamFiles>> StreamFiles::open(std::filesystem::path directory, std::string stream) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return fail_errno(directory.string(), error.value());
  auto files = std::unique_ptr<StreamFiles>(new StreamFiles(std::move(directory), std::move(stream)));
  WD_TRY(files->read_end());
  return files;
}

std::filesystem::path StreamFiles::file_of(Timestamp now) const {
  std::string name = stream_;
  std::ranges::replace(name, '/', '_');
  std::string day = to_rfc3339(now).substr(0, 10);
  return directory_ / (name + "-" + day + ".jsonl");
}

void StreamFiles::remember(const crypto::Digest& digest) {
  if (!known_.insert(digest).second) return;
  order_.push_back(digest);
  if (order_.size() <= kRemembered) return;
  known_.erase(order_.front());
  order_.pop_front();
}

Result<void> StreamFiles::read_end() {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error))
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  if (error) return fail_errno(directory_.string(), error.value());
  if (files.empty()) return {};
  const std::filesystem::path newest = *std::ranges::max_element(files);
  std::ifstream file(newest, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::size_t>(std::max<std::streamoff>(0, file.tellg()));
  file.seekg(static_cast<std::streamoff>(size - std::min(size, kEndBytes)));
  char last = '\n';
  for (std::string line; std::getline(file, line);) {
    remember(crypto::sha256(as_bytes(line)));
    last = file.eof() ? 'x' : '\n';
  }
  // A line that a crash cut off stays one, and the next begins behind it.
  if (last != '\n') return write_and_sync(newest, "\n");
  return {};
}

Result<std::size_t> StreamFiles::append(std::string_view body, Timestamp now) {
  const std::scoped_lock lock(mutex_);
  std::string fresh;
  std::vector<crypto::Digest> digests;
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    if (end == std::string_view::npos) return fail(ErrorCode::Invalid, "the last line has no end");
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(end + 1);
    const auto record = WD_TRY(stream::parse_line(line));
    if (record.stream != stream_) return fail(ErrorCode::Invalid, "a record of another stream");
    const crypto::Digest digest = crypto::sha256(as_bytes(line));
    if (known_.contains(digest)) continue;
    fresh.append(line).push_back('\n');
    digests.push_back(digest);
  }
  if (!fresh.empty()) WD_TRY(write_and_sync(file_of(now), fresh));
  for (const crypto::Digest& digest : digests) remember(digest);
  return digests.size();
}

class StreamReceiver::Connection {
 public:
  Connection(int socket, const StreamReceiver& receiver)
      : fd_(socket), receiver_(receiver), ssl_(SSL_new(receiver.tls_->native()), &SSL_free) {
    ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
  }

  Result<void> accept() {
    if (!ssl_ || SSL_set_fd(ssl_.get(), fd_.get()) != 1) return fail(ErrorCode::Internal, "TLS");
    return repeat([&] { return SSL_accept(ssl_.get()); });
  }
  /// The head of the next request; empty when the peer has no more.
  Result<std::string> head() {
    for (;;) {
      const std::size_t end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos) {
        std::string head = buffer_.substr(0, end);
        buffer_.erase(0, end + 4);
        return head;
      }
      if (buffer_.size() > kMaxHead) return fail(ErrorCode::TooLarge, "the head of a request");
      if (!WD_TRY(read_more())) return std::string();
    }
  }
  Result<std::string> body(std::size_t length) {
    while (buffer_.size() < length)
      if (!WD_TRY(read_more())) return fail(ErrorCode::Unavailable, "the connection ended");
    std::string body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return body;
  }
  Result<void> write(std::string_view text) {
    std::size_t written = 0;
    return repeat([&] { return SSL_write_ex(ssl_.get(), text.data(), text.size(), &written); });
  }
  void end() { SSL_shutdown(ssl_.get()); }

 private:
  // False at the end.
  Result<bool> read_more() {
    std::array<char, 16'384> bytes{};
    std::size_t size = 0;
    const auto done = repeat([&] { return SSL_read_ex(ssl_.get(), bytes.data(), bytes.size(), &size); });
    if (!done && done.error().code == ErrorCode::NotFound) return false;
    WD_TRY(done);
    buffer_.append(bytes.data(), size);
    return true;
  }

  template <class Call>
  Result<void> repeat(const Call& call) {
    const auto end = std::chrono::steady_clock::now() + receiver_.options_.patience;
    for (;;) {
      const int result = call();
      if (result == 1) return {};
      const int reason = SSL_get_error(ssl_.get(), result);
      if (reason == SSL_ERROR_ZERO_RETURN) return fail(ErrorCode::NotFound, "the peer has no more");
      if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE)
        return fail(ErrorCode::Unavailable, "TLS: " + crypto::tls_errors());
      if (std::chrono::steady_clock::now() > end || receiver_.is_ending_) return fail(ErrorCode::Timeout, "silence");
      pollfd waiting{fd_.get(), static_cast<short>(reason == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0};
      ::poll(&waiting, 1, kStepMs);
    }
  }

  UniqueFd fd_;
  const StreamReceiver& receiver_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  std::string buffer_;
};

StreamReceiver::StreamReceiver(StreamFiles& files, std::shared_ptr<const crypto::TlsServerContext> tls,
                               StreamReceiverOptions options, std::function<Timestamp()> now)
    : files_(files), tls_(std::move(tls)), options_(std::move(options)), now_(std::move(now)) {}

StreamReceiver::~StreamReceiver() {
  is_ending_ = true;
  for (std::size_t open = open_; open > 0; open = open_) open_.wait(open);
}

Result<std::uint16_t> StreamReceiver::open() {
  const HostPort where = WD_TRY(parse_host_port(options_.listen).in("--listen"));
  const IpAddress address = WD_TRY(parse_ip(where.host).in("--listen"));
  sockaddr_in6 native{};
  native.sin6_family = AF_INET6;
  native.sin6_port = htons(where.port);
  // An IPv4 address is its mapped form (RFC 4291 §2.5.5.2); any means both.
  std::ranges::copy(address.bytes(), std::begin(native.sin6_addr.s6_addr));
  if (address == IpAddress::v4(0)) native.sin6_addr = in6addr_any;
  UniqueFd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return fail_errno("socket", errno);
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  auto* const generic = reinterpret_cast<sockaddr*>(&native);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
  socklen_t size = sizeof native;
  constexpr int kBacklog = 64;
  if (::bind(fd.get(), generic, size) != 0 || ::listen(fd.get(), kBacklog) != 0 ||
      ::getsockname(fd.get(), generic, &size) != 0)
    return fail_errno(options_.listen, errno);
  listener_ = std::move(fd);
  return ntohs(native.sin6_port);
}

Result<void> StreamReceiver::run(const std::function<bool()>& stop) {
  while (!stop()) {
    pollfd waiting{listener_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kStepMs) <= 0) continue;
    const int socket = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    if (open_ >= options_.max_connections) {
      ::close(socket);
      continue;
    }
    ++open_;
    std::thread([this, socket] {
      serve(socket);
      --open_;
      open_.notify_all();
    }).detach();
  }
  return {};
}

void StreamReceiver::serve(int socket) {
  Connection connection(socket, *this);
  if (!connection.accept()) return;
  for (;;) {
    const auto text = connection.head();
    if (!text || text->empty()) return;
    const auto head = parse_head(*text);
    const bool is_allowed =
        head && (options_.token.empty() ||
                 crypto::equals_constant_time(as_bytes(head->authorization), as_bytes("Bearer " + options_.token)));
    std::string refusal;
    if (!head) refusal = answer_of("400 Bad Request", head.error().message + "\n");
    if (head && head->method != "POST") refusal = answer_of("405 Method Not Allowed", "POST\n");
    if (head && head->length > options_.max_body_bytes) refusal = answer_of("413 Content Too Large", "");
    if (head && !is_allowed) refusal = answer_of("401 Unauthorized", "");
    if (!refusal.empty()) {
      static_cast<void>(connection.write(refusal));
      return connection.end();
    }
    if (head->expects && !connection.write("HTTP/1.1 100 Continue\r\n\r\n")) return;
    const auto body = connection.body(head->length);
    if (!body) return;
    const auto taken = files_.append(*body, now_());
    std::string answer = "HTTP/1.1 204 No Content\r\n\r\n";
    if (!taken)
      answer = answer_of(taken.error().code == ErrorCode::Invalid ? "400 Bad Request" : "503 Service Unavailable",
                         taken.error().message + "\n");
    if (!connection.write(answer) || head->closes) return connection.end();
  }
}

}  // namespace warder::cli
