// Keywords of Snort 2 and 3 that Suricata does not have or spells otherwise.
#include "base/text.h"
#include "engines/ips/keywords.h"
#include "engines/ips/rule_builder.h"

namespace warder::ips {

namespace {

/// Snort's buffers are sticky in version 3.
template <app::BufferId kBuffer>
Result<void> sticky(RuleBuilder& builder, std::string_view /*value*/) {
  return builder.select(Place::Application, kBuffer);
}

/// http_header:field user-agent
Result<void> http_header_field(RuleBuilder& builder, std::string_view value) {
  const auto name = value.starts_with("field") ? to_lower_ascii(trim(value.substr(5))) : std::string();
  auto buffer = app::BufferId::HttpHeader;
  if (name == "user-agent") buffer = app::BufferId::HttpUserAgent;
  if (name == "host") buffer = app::BufferId::HttpHostRaw;
  if (name == "referer") buffer = app::BufferId::HttpReferer;
  if (name == "content-type") buffer = app::BufferId::HttpContentType;
  if (name == "server") buffer = app::BufferId::HttpServer;
  if (name == "location") buffer = app::BufferId::HttpLocation;
  if (name == "accept") buffer = app::BufferId::HttpAccept;
  return builder.select(Place::Application, buffer);
}

Result<void> bufferlen(RuleBuilder& builder, std::string_view value) {
  if (builder.current_part() == nullptr && !builder.is_in_buffer()) {
    return fail(ErrorCode::Invalid, "bufferlen without a buffer");
  }
  const auto parts = split_arguments(value);
  builder.add({BufferSize{WD_TRY(Comparison::parse(parts[0]).in("bufferlen"))}, false});
  return {};
}

Result<void> raw_data(RuleBuilder& builder, std::string_view /*value*/) {
  builder.select_payload();
  return {};
}

Result<void> unsupported(RuleBuilder& /*builder*/, std::string_view /*value*/) {
  return fail(ErrorCode::Invalid, "this keyword of Snort is not supported");
}

constexpr KeywordRow kRows[] = {
    {"http_header", http_header_field, "headers, or one field of them"},
    {"http_uri", sticky<app::BufferId::HttpUri>, "normalised URI"},
    {"http_raw_uri", sticky<app::BufferId::HttpUriRaw>, "URI as sent"},
    {"http_method", sticky<app::BufferId::HttpMethod>, "method"},
    {"http_client_body", sticky<app::BufferId::HttpRequestBody>, "request body"},
    {"http_cookie", sticky<app::BufferId::HttpCookie>, "cookies"},
    {"http_raw_cookie", sticky<app::BufferId::HttpCookie>, "cookies"},
    {"http_raw_header", sticky<app::BufferId::HttpHeaderRaw>, "headers as sent"},
    {"http_raw_body", sticky<app::BufferId::HttpRequestBody>, "request body"},
    {"http_stat_code", sticky<app::BufferId::HttpStatCode>, "status code"},
    {"http_stat_msg", sticky<app::BufferId::HttpStatMsg>, "status text"},
    {"http_version", sticky<app::BufferId::HttpProtocol>, "protocol version"},
    {"http_raw_request", sticky<app::BufferId::HttpRequestLine>, "request line"},
    {"http_raw_status", sticky<app::BufferId::HttpResponseLine>, "status line"},
    {"http_param", unsupported, "a parameter of the request"},
    {"js_data", sticky<app::BufferId::FileData>, "body, scripts not normalised"},
    {"vba_data", unsupported, "macros of office documents"},
    {"raw_data", raw_data, "the payload"},
    {"sip_method", sticky<app::BufferId::SipMethod>, "SIP method"},
    {"bufferlen", bufferlen, "size of the buffer"},
};

}  // namespace

std::span<const KeywordRow> snort_keywords() noexcept {
  return kRows;
}

}  // namespace warder::ips
