#include "manager/stream/stream_transport.h"

#include <unistd.h>

#include <array>
#include <thread>

#include "base/address.h"
#include "base/file.h"
#include "formats/syslog.h"
#include "manager/siem/http_client.h"
#include "sinks/byte_stream.h"

namespace warder::manager {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{20'000};
constexpr std::string_view kSyslog = "syslog://";
constexpr int kFacility = 13;  // "log audit", RFC 5424 table 1

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

class HttpsTransport final : public StreamTransport {
 public:
  HttpsTransport(const StreamSettings& settings, const std::string& ca_pem, std::string token)
      : url_(settings.destination), token_(std::move(token)), client_({settings.destination, false, ca_pem, {}}) {}

  Result<void> send(std::span<const SpooledLine> lines, const std::stop_token& stop) override {
    Post request;
    request.url = url_;
    request.content_type = "application/jsonl";
    if (!token_.empty()) request.headers = {{"Authorization", "Bearer " + token_}};
    for (const SpooledLine& each : lines) request.body += each.line + "\n";
    const auto answer = WD_TRY(client_.post(request, kPatience, stop));
    if (answer.status < 200 || answer.status > 299) return fail(client_.status_error(answer.status));
    return {};
  }

 private:
  const std::string url_;
  const std::string token_;
  HttpClient client_;
};

/// Arrived is what the receiver's kernel has and a moment later still has: syslog has no answer.
class SyslogTransport final : public StreamTransport {
 public:
  explicit SyslogTransport(sinks::StreamTarget target) : target_(std::move(target)) {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) == 0) host_ = name.data();
  }

  Result<void> send(std::span<const SpooledLine> lines, const std::stop_token& stop) override {
    auto sent = write(lines, stop);
    if (!sent) stream_.reset();
    return sent;
  }

 private:
  Result<void> write(std::span<const SpooledLine> lines, const std::stop_token& stop) {
    constexpr milliseconds kStep{20};
    constexpr milliseconds kSettle{300};
    if (!stream_) stream_ = WD_TRY(sinks::ByteStream::connect(target_, kPatience, stop));
    for (const SpooledLine& each : lines) {
      formats::SyslogHead head;
      head.form = formats::SyslogForm::Rfc5424;
      head.facility = kFacility;
      head.severity = Severity::Info;
      head.time = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
      head.host = host_;
      head.program = "warder-stream";
      head.kind = "record";
      const std::string message = formats::frame(formats::Framing::Counted, formats::syslog_message(head, each.line));
      WD_TRY(stream_->write(message, kPatience, stop));
    }
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (WD_TRY(stream_->unacknowledged()) > 0) {
      if (std::chrono::steady_clock::now() > end) return fail(ErrorCode::Timeout, "the receiver takes nothing");
      std::this_thread::sleep_for(kStep);
    }
    std::this_thread::sleep_for(kSettle);
    WD_TRY(stream_->unacknowledged());
    return {};
  }

  const sinks::StreamTarget target_;
  std::string host_;
  std::unique_ptr<sinks::ByteStream> stream_;
};

Result<std::unique_ptr<StreamTransport>> make_syslog(const StreamSettings& settings, const std::string& ca_pem) {
  const HostPort where = WD_TRY(parse_host_port(settings.destination.substr(kSyslog.size())).in("destination"));
  crypto::TlsClientOptions options;
  options.ca_pem = ca_pem;
  options.server_name = settings.server_name.empty() ? where.host : settings.server_name;
  sinks::StreamTarget target;
  target.host = where.host;
  target.port = where.port;
  target.tls = WD_TRY(crypto::TlsClientContext::create(std::move(options)).in("ca_file"));
  return std::unique_ptr<StreamTransport>(std::make_unique<SyslogTransport>(std::move(target)));
}

}  // namespace

Result<std::unique_ptr<StreamTransport>> make_stream_transport(const StreamSettings& settings) {
  std::string ca_pem;
  std::string token;
  if (!settings.ca_file.empty()) ca_pem = WD_TRY(read_file(settings.ca_file).in("ca_file"));
  if (!settings.token_file.empty()) token = trimmed(WD_TRY(read_file(settings.token_file, 8192).in("token_file")));
  if (settings.destination.starts_with(kSyslog)) return make_syslog(settings, ca_pem);
  WD_TRY(check_http_url(settings.destination, false).in("destination"));
  WD_TRY(check_ca_pem(ca_pem).in("ca_file"));
  return std::unique_ptr<StreamTransport>(std::make_unique<HttpsTransport>(settings, ca_pem, std::move(token)));
}

}  // namespace warder::manager
