#include "manager/net/response_head.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace warder::manager {

namespace {

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool is_line(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7f;
  });
}

bool has_no_body(int status) {
  return status == 204 || status == 304 || status < 200;
}

struct Reason {
  int status;
  std::string_view text;
};
constexpr Reason kReasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

}  // namespace

std::string_view reason_phrase(int status) noexcept {
  const auto* found =
      std::ranges::find_if(kReasons, [status](const Reason& reason) { return reason.status == status; });
  return found == std::end(kReasons) ? std::string_view("Status") : found->text;
}

std::string response_head(const HttpResponse& response, BodyLength length, bool keep_alive,
                          std::chrono::system_clock::time_point now) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name) || !is_line(value)) continue;
    head.append(name).append(": ").append(value).append("\r\n");
  }
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  head += fmt::format("date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", fmt::gmtime(seconds));
  if (!keep_alive) head += "connection: close\r\n";
  if (length == BodyLength::Chunked) head += "transfer-encoding: chunked\r\n";
  if (length == BodyLength::Known && !has_no_body(response.status)) {
    head += fmt::format("content-length: {}\r\n", response.body.size());
  }
  return head + "\r\n";
}

}  // namespace warder::manager
