#include "engines/ips/app/http1_events.h"

#include <algorithm>
#include <iterator>

namespace warder::ips::app {

namespace {

constexpr std::string_view kEvents[] = {
    "unknown_error",
    "gzip_decompression_failed",
    "request_field_missing_colon",
    "response_field_missing_colon",
    "invalid_request_chunk_len",
    "invalid_response_chunk_len",
    "invalid_transfer_encoding_value_in_request",
    "invalid_transfer_encoding_value_in_response",
    "invalid_content_length_field_in_request",
    "invalid_content_length_field_in_response",
    "duplicate_content_length_field_in_request",
    "duplicate_content_length_field_in_response",
    "100_continue_already_seen",
    "unable_to_match_response_to_request",
    "invalid_server_port_in_request",
    "invalid_authority_port",
    "request_header_invalid",
    "response_header_invalid",
    "missing_host_header",
    "host_header_ambiguous",
    "invalid_request_field_folding",
    "invalid_response_field_folding",
    "request_field_too_long",
    "response_field_too_long",
    "file_name_too_long",
    "request_line_invalid",
    "request_body_unexpected",
    "request_server_port_tcp_port_mismatch",
    "uri_host_invalid",
    "header_host_invalid",
    "method_delim_non_compliant",
    "uri_delim_non_compliant",
    "request_line_leading_whitespace",
    "too_many_encoding_layers",
    "abnormal_ce_header",
    "request_auth_unrecognized",
    "header_repetition",
    "response_multipart_byteranges",
    "response_abnormal_transfer_encoding",
    "response_chunked_old_proto",
    "response_invalid_protocol",
    "response_invalid_status",
    "request_line_incomplete",
    "double_encoded_uri",
    "failed_gzip_decompression",
    "lzma_memlimit_reached",
    "compression_bomb",
    "range_invalid",
    "request_chunk_extension",
    "request_line_missing_protocol",
    "request_too_many_headers",
    "response_too_many_headers",
    "multipart_generic_error",
    "multipart_no_filedata",
    "multipart_invalid_header",
    "too_many_warnings",
    "swf_file_read_error",
};
static_assert(std::size(kEvents) <= 128);

struct Message {
  std::string_view text;  // how it begins
  std::string_view event;
};
constexpr Message kMessages[] = {
    {"GZip decompressor:", "gzip_decompression_failed"},
    {"Request field missing colon", "request_field_missing_colon"},
    {"Response field missing colon", "response_field_missing_colon"},
    {"Request chunk encoding: Invalid chunk length", "invalid_request_chunk_len"},
    {"Response chunk encoding: Invalid chunk length", "invalid_response_chunk_len"},
    {"Invalid T-E value in request", "invalid_transfer_encoding_value_in_request"},
    {"Invalid T-E value in response", "invalid_transfer_encoding_value_in_response"},
    {"Invalid C-L field in request", "invalid_content_length_field_in_request"},
    {"Invalid C-L field in response", "invalid_content_length_field_in_response"},
    {"Already seen 100-Continue", "100_continue_already_seen"},
    {"Unable to match response to request", "unable_to_match_response_to_request"},
    {"Invalid server port information in request", "invalid_server_port_in_request"},
    {"Request buffer over the limit", "request_field_too_long"},
    {"Response buffer over the limit", "response_field_too_long"},
    {"C-T multipart/byteranges in responses not supported", "response_multipart_byteranges"},
    {"Compression bomb:", "compression_bomb"},
    {"Request line: URI contains non-compliant delimiter", "uri_delim_non_compliant"},
    {"Request line: non-compliant delimiter between Method and URI", "method_delim_non_compliant"},
    {"Request line: leading whitespace", "request_line_leading_whitespace"},
    {"Too many response content encoding layers", "too_many_encoding_layers"},
    {"C-E gzip has abnormal value", "abnormal_ce_header"},
    {"C-E deflate has abnormal value", "abnormal_ce_header"},
    {"C-E unknown setting", "abnormal_ce_header"},
    {"Excessive response header repetitions", "header_repetition"},
    {"Excessive request header repetitions", "header_repetition"},
    {"Transfer-encoding has abnormal chunked value", "response_abnormal_transfer_encoding"},
    {"Chunked transfer-encoding on HTTP/0.9 or HTTP/1.0", "response_chunked_old_proto"},
    {"Invalid response line: invalid protocol", "response_invalid_protocol"},
    {"Invalid response line: invalid response status", "response_invalid_status"},
    {"Request line incomplete", "request_line_incomplete"},
    {"Unexpected request body", "request_body_unexpected"},
    {"LZMA decompressor: memory limit reached", "lzma_memlimit_reached"},
    {"Ambiguous request C-L value", "duplicate_content_length_field_in_request"},
    {"Ambiguous response C-L value", "duplicate_content_length_field_in_response"},
    {"Request chunk extension", "request_chunk_extension"},
    {"Request line: missing protocol", "request_line_missing_protocol"},
    {"Too many request headers", "request_too_many_headers"},
    {"Too many response headers", "response_too_many_headers"},
};

}  // namespace

std::span<const std::string_view> http_events() noexcept {
  return kEvents;
}

std::optional<std::uint8_t> find_http_event(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(kEvents, name);
  if (found == std::end(kEvents)) return std::nullopt;
  return static_cast<std::uint8_t>(found - std::begin(kEvents));
}

std::optional<std::uint8_t> http_event_of(std::string_view message) noexcept {
  for (const auto& row : kMessages) {
    if (message.starts_with(row.text)) return find_http_event(row.event);
  }
  return std::nullopt;
}

}  // namespace warder::ips::app
