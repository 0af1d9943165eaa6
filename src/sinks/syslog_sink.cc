#include "sinks/syslog_sink.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <deque>
#include <utility>

#include "base/json.h"
#include "formats/syslog.h"
#include "sinks/byte_stream.h"
#include "sinks/datagram_socket.h"

namespace warder::sinks {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kConnect{10'000};
constexpr milliseconds kWrite{20'000};
// Messages go together in records of TLS (RFC 8446 §5.1: 2^14 bytes each): a call for each would cost more than the
// rest.
constexpr std::size_t kChunk = 16'384;

class SyslogSink : public Sink {
 protected:
  SyslogSink(SinkOptions options, SyslogSettings settings)
      : options_(std::move(options)),
        settings_(std::move(settings)),
        form_(*formats::parse_syslog_form(settings_.form)),
        framing_(settings_.transport == "udp" ? formats::Framing::None : *formats::parse_framing(settings_.framing)) {}

  [[nodiscard]] Result<std::string> message_of(const formats::OutgoingEvent& event) const {
    formats::SyslogHead head;
    head.form = form_;
    head.facility = static_cast<int>(settings_.facility);
    head.severity = event.event.severity;
    head.time = event.event.time;
    head.host = event.host;
    head.program = settings_.program;
    head.kind = name(event.event.module);
    const auto most = static_cast<std::size_t>(settings_.max_bytes);
    const std::size_t head_bytes = formats::syslog_message(head, "").size();
    const std::string payload =
        WD_TRY(formats::render_within(options_.format, event, options_.render, most - std::min(most, head_bytes)));
    return formats::frame(framing_, formats::syslog_message(head, payload));
  }
  [[nodiscard]] const SinkOptions& options() const noexcept { return options_; }
  [[nodiscard]] const SyslogSettings& settings() const noexcept { return settings_; }

 private:
  const SinkOptions options_;
  const SyslogSettings settings_;
  const formats::SyslogForm form_;
  const formats::Framing framing_;
};

class StreamSyslogSink final : public SyslogSink {
 public:
  StreamSyslogSink(SinkOptions options, SyslogSettings settings, std::shared_ptr<const crypto::TlsClientContext> tls)
      : SyslogSink(std::move(options), std::move(settings)), tls_(std::move(tls)) {}

  SinkReport send(std::span<const formats::OutgoingEvent> events, const std::stop_token& stop) override {
    SinkReport report;
    if (auto connected = connect(stop); !connected) {
      report.error = connected.error();
      return report;
    }
    std::string chunk;
    std::size_t in_chunk = 0;  // events, those that are refused among them
    const auto write = [&] {
      if (!chunk.empty()) {
        if (const auto written = stream_->write(chunk, kWrite, stop); !written) report.error = written.error();
      }
      if (report.error) return;
      report.taken += std::exchange(in_chunk, 0);
      chunk.clear();
    };
    for (const formats::OutgoingEvent& event : events) {
      const auto message = message_of(event);
      if (message)
        chunk += *message;
      else
        report.refused.push_back({report.taken + in_chunk, message.error().message});
      ++in_chunk;
      if (chunk.size() >= kChunk) write();
      if (report.error) break;
    }
    if (!report.error) write();
    std::erase_if(report.refused, [&report](const RefusedEvent& each) { return each.index >= report.taken; });
    if (report.taken > 0) pending_.push_back({report.taken, steady_clock::now()});
    if (report.error) drop();
    return report;
  }

  Result<std::size_t> unsettled() override {
    if (std::exchange(has_lost_, false)) return fail(ErrorCode::Unavailable, "the receiver ended the connection");
    if (pending_.empty()) return 0;
    const auto unacknowledged = stream_->unacknowledged();
    if (!unacknowledged) {
      drop();
      has_lost_ = false;
      return fail(unacknowledged.error());
    }
    const auto limit = steady_clock::now() - milliseconds(settings().settle_ms);
    while (*unacknowledged == 0 && !pending_.empty() && pending_.front().written <= limit) pending_.pop_front();
    std::size_t count = 0;
    for (const Pending& each : pending_) count += each.count;
    return count;
  }

 private:
  struct Pending {
    std::size_t count;
    steady_clock::time_point written;
  };

  Result<void> connect(const std::stop_token& stop) {
    if (stream_) return {};
    const StreamTarget target{settings().host, static_cast<std::uint16_t>(settings().port), tls_, options().may_reach};
    stream_ = WD_TRY(ByteStream::connect(target, kConnect, stop));
    return {};
  }
  void drop() {
    stream_.reset();
    has_lost_ = !pending_.empty();
    pending_.clear();
  }

  const std::shared_ptr<const crypto::TlsClientContext> tls_;
  std::unique_ptr<ByteStream> stream_;
  std::deque<Pending> pending_;
  bool has_lost_ = false;  // what was pending when the connection ended
};

class DatagramSyslogSink final : public SyslogSink {
 public:
  using SyslogSink::SyslogSink;
  DatagramSyslogSink(SinkOptions options, SyslogSettings settings)
      : SyslogSink(std::move(options), std::move(settings)) {}

  SinkReport send(std::span<const formats::OutgoingEvent> events, const std::stop_token& stop) override {
    SinkReport report;
    for (const formats::OutgoingEvent& event : events) {
      if (stop.stop_requested()) return report;
      const auto message = message_of(event);
      if (!message) {
        report.refused.push_back({report.taken++, message.error().message});
        continue;
      }
      if (auto sent = send_one(*message); !sent) {
        socket_.reset();
        report.error = sent.error();
        return report;
      }
      ++report.taken;
    }
    return report;
  }

 private:
  Result<void> send_one(const std::string& message) {
    if (!socket_)
      socket_ = WD_TRY(
          DatagramSocket::connect(settings().host, static_cast<std::uint16_t>(settings().port), options().may_reach));
    return socket_->send(message);
  }

  std::unique_ptr<DatagramSocket> socket_;
};

Result<SyslogSettings> read(const boost::json::object& settings) {
  auto read = WD_TRY(read_sink_settings<SyslogSettings>(settings));
  if (read.certificate_pem.empty()) return read;
  if (read.transport != "tls") return fail(ErrorCode::Invalid, "/settings/certificate_pem: is for TLS only");
  return read;
}

Result<std::shared_ptr<const crypto::TlsClientContext>> tls_of(const SyslogSettings& settings, std::string_view key) {
  if (settings.transport != "tls") return std::shared_ptr<const crypto::TlsClientContext>();
  crypto::TlsClientOptions options;
  options.ca_pem = settings.ca_pem;
  options.server_name = settings.server_name.empty() ? settings.host : settings.server_name;
  options.certificate_chain_pem = settings.certificate_pem;
  if (!settings.certificate_pem.empty()) options.private_key_pem = key;
  return crypto::TlsClientContext::create(std::move(options));
}

}  // namespace

std::span<const Field<SyslogSettings>> SyslogSettings::fields() {
  using S = SyslogSettings;
  using enum PersonalData;
  constexpr std::int64_t kPem = 65'536;
  static const std::array kFields{
      Field<S>{"host", &S::host, 1, 253, None, "Name or address of the receiver"},
      Field<S>{"port", &S::port, 1, 65'535, None, "Its port"},
      Field<S>{"transport", &S::transport, 3, 3, None, "How messages travel", "tls|tcp|udp"},
      Field<S>{"form", &S::form, 7, 7, None, "Which form messages have", "rfc5424|rfc3164"},
      Field<S>{"framing", &S::framing, 7, 9, None, "How messages are told apart over TLS and TCP", "counted|line-feed"},
      Field<S>{"facility", &S::facility, 0, 23, None, "Syslog facility; 16 to 23 are local0 to local7"},
      Field<S>{"program", &S::program, 1, 48, None, "APP-NAME or tag of messages"},
      Field<S>{"ca_pem", &S::ca_pem, 0, kPem, None, "Certificates to trust; empty: those that the system trusts"},
      Field<S>{"server_name", &S::server_name, 0, 253, None, "Name in the receiver's certificate; empty: host"},
      Field<S>{"certificate_pem", &S::certificate_pem, 0, kPem, None,
               "Own certificate; its private key is the destination's secret"},
      Field<S>{"max_bytes", &S::max_bytes, 480, 65'536, None, "Longest message; longer values are cut to fit"},
      Field<S>{"settle_ms", &S::settle_ms, 0, 60'000, None,
               "How long a connection must hold before what was sent counts as arrived"},
  };
  return kFields;
}

Result<void> check_syslog(const boost::json::object& settings, std::string_view secret) {
  const SyslogSettings read_settings = WD_TRY(read(settings));
  if (read_settings.host.empty()) return fail(ErrorCode::Invalid, "/settings/host: is missing");
  WD_TRY(tls_of(read_settings, secret).in("/settings/ca_pem or certificate_pem"));
  return {};
}

Result<std::unique_ptr<Sink>> make_syslog_sink(SinkOptions options) {
  auto settings = WD_TRY(read(options.settings));
  if (settings.transport == "udp")
    return std::unique_ptr<Sink>(std::make_unique<DatagramSyslogSink>(std::move(options), std::move(settings)));
  auto tls = WD_TRY(tls_of(settings, options.secret));
  return std::unique_ptr<Sink>(
      std::make_unique<StreamSyslogSink>(std::move(options), std::move(settings), std::move(tls)));
}

}  // namespace warder::sinks
