#include "engines/ips/app/http2_stream.h"

#include <algorithm>
#include <array>

#include "engines/ips/app/dns.h"
#include "engines/ips/app/text_line.h"

namespace warder::ips::app {
namespace {

constexpr std::size_t kMaxDnsBytes = 65535;

struct Row {
  std::string_view name;
  BufferId buffer;
};
constexpr std::array<Row, 12> kRequestHeaders = {{{"user-agent", BufferId::HttpUserAgent},
                                                  {"accept", BufferId::HttpAccept},
                                                  {"accept-encoding", BufferId::HttpAcceptEncoding},
                                                  {"accept-language", BufferId::HttpAcceptLanguage},
                                                  {"referer", BufferId::HttpReferer},
                                                  {"connection", BufferId::HttpConnection},
                                                  {"content-length", BufferId::HttpContentLength},
                                                  {"content-type", BufferId::HttpContentType},
                                                  {"cookie", BufferId::HttpCookie},
                                                  {":method", BufferId::HttpMethod},
                                                  {":path", BufferId::HttpUriRaw},
                                                  {":path", BufferId::HttpUri}}};
constexpr std::array<Row, 7> kResponseHeaders = {{{"server", BufferId::HttpServer},
                                                  {"location", BufferId::HttpLocation},
                                                  {"connection", BufferId::HttpConnection},
                                                  {"content-length", BufferId::HttpContentLength},
                                                  {"content-type", BufferId::HttpContentType},
                                                  {"set-cookie", BufferId::HttpCookie},
                                                  {":status", BufferId::HttpStatCode}}};

// RFC 4648 §5 without padding, lenient: stops at what is no digit of it.
Bytes from_loose_base64url(std::string_view text) {
  Bytes out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    std::uint32_t digit = 0;
    if (c >= 'A' && c <= 'Z') {
      digit = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      digit = static_cast<std::uint32_t>(c - 'a') + 26;
    } else if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0') + 52;
    } else if (c == '-' || c == '+') {
      digit = 62;
    } else if (c == '_' || c == '/') {
      digit = 63;
    } else {
      break;
    }
    bits = bits << 6U | digit;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> count & 0xffU));
    }
  }
  return out;
}

std::string file_name_of(std::string_view path) {
  path = path.substr(0, path.find_first_of("?#"));
  const std::size_t slash = path.rfind('/');
  return std::string{slash == std::string_view::npos ? path : path.substr(slash + 1)};
}

}  // namespace

BufferView Http2Stream::buffer(BufferId which, Direction direction, std::size_t instance) {
  const std::size_t side = index(direction);
  if (which == BufferId::HttpRequestBody || which == BufferId::HttpResponseBody) {
    const bool is_own = (which == BufferId::HttpRequestBody) == (direction == Direction::ToServer);
    if (!is_own || instance > 0) return BufferView::absent();
    const File* file = newest_file(direction);
    if (file != nullptr) return file->view();
    return is_complete(direction) ? BufferView::absent() : BufferView::pending();
  }
  if (which == BufferId::HttpHeader || which == BufferId::HttpHeaderRaw) {
    if (instance > 0 || !has_headers_[side]) return has_headers_[side] ? BufferView::absent() : BufferView::pending();
    return BufferView::complete(as_bytes(header_block_[side]));
  }
  const BufferView view = FieldTransaction::buffer(which, direction, instance);
  if (view.state != BufferState::Pending || !has_headers_[side] || which == BufferId::FileData) return view;
  const bool is_of_dns = which >= BufferId::DnsQuery && which <= BufferId::DnsResponseName;
  return is_of_dns ? view : BufferView::absent();
}

void Http2Stream::take_header(Direction direction, const HeaderField& field) {
  const bool is_request = direction == Direction::ToServer;
  const std::string line = field.name + ": " + field.value;
  put(is_request ? BufferId::HttpRequestHeader : BufferId::HttpResponseHeader, direction, line);
  put(BufferId::Http2Header, direction, line);
  put(BufferId::Http2HeaderName, direction, field.name);
  header_block_[index(direction)] += line + "\r\n";
  const auto put_rows = [&](const auto& rows) {
    for (const Row& row : rows) {
      if (row.name == field.name) put(row.buffer, direction, field.value);
    }
  };
  if (is_request) {
    put_rows(kRequestHeaders);
  } else {
    put_rows(kResponseHeaders);
  }
  if (is_request && field.name == ":authority") authority_ = field.value;
  if (is_request && field.name == "host") host_ = field.value;
  if (is_request && field.name == ":path") take_path(field.value);
  if (field.name == "content-encoding" && inflater_[index(direction)] == nullptr) {
    if (field.value == "gzip" || field.value == "x-gzip") {
      inflater_[index(direction)] = std::make_unique<Inflater>(Coding::Gzip, limits_.max_expansion_bytes);
    } else if (field.value == "deflate") {
      inflater_[index(direction)] = std::make_unique<Inflater>(Coding::Zlib, limits_.max_expansion_bytes);
    }
  }
  if (field.name == "content-type" && field.value == "application/dns-message") is_dns_ = true;
}

// A GET of RFC 8484 carries the query in its path.
void Http2Stream::take_path(const std::string& path) {
  uri_ = path;
  const std::size_t at = path.find("dns=");
  if (at == std::string::npos || at == 0 || (path[at - 1] != '?' && path[at - 1] != '&')) return;
  const Bytes message = from_loose_base64url(std::string_view{path}.substr(at + 4));
  if (is_probably_dns(message, message.size())) {
    is_dns_ = true;
    take_dns(Direction::ToServer, message);
  }
}

void Http2Stream::take_dns(Direction direction, ByteView message) {
  const auto decoded = parse_dns_message(message);
  if (decoded) put_dns_fields(*decoded, direction, *this);
}

void Http2Stream::take_headers(Direction direction, const std::vector<HeaderField>& fields) {
  for (const HeaderField& field : fields) take_header(direction, field);
  const std::size_t side = index(direction);
  if (direction == Direction::ToServer && !has_headers_[side]) {
    const std::string& host = authority_.empty() ? host_ : authority_;
    if (!host.empty()) {
      put(BufferId::HttpHostRaw, direction, host);
      std::string plain = lower(host);
      const std::size_t at = plain.find('@');
      if (at != std::string::npos) {
        raise(static_cast<std::uint8_t>(Http2Event::UserinfoInUri), direction);
        plain.erase(0, at + 1);
      }
      put(BufferId::HttpHost, direction, plain.substr(0, plain.starts_with('[') ? std::string::npos : plain.find(':')));
    }
    if (!authority_.empty() && !host_.empty() && lower(authority_) != lower(host_)) {
      raise(static_cast<std::uint8_t>(Http2Event::AuthorityHostMismatch), direction);
    }
    put(BufferId::HttpProtocol, direction, std::string_view{"HTTP/2"});
  }
  if (!has_headers_[side]) {
    std::string names = "\r\n";
    for (const HeaderField& field : fields) names += field.name + "\r\n";
    put(BufferId::HttpHeaderNames, direction, names + "\r\n");
  }
  has_headers_[side] = true;
  set_progress(direction, 1);
}

void Http2Stream::take_data(Direction direction, ByteView bytes) {
  const std::size_t side = index(direction);
  const std::uint64_t limit =
      direction == Direction::ToServer ? limits_.request_body_bytes : limits_.response_body_bytes;
  if (newest_file(direction) == nullptr)
    add_file(direction, std::make_unique<File>(file_name_of(uri_), limits_, limit));
  body_bytes_[side] += bytes.size();
  if (is_dns_ && dns_[side].size() + bytes.size() <= kMaxDnsBytes) append(dns_[side], bytes);
  if (inflater_[side] == nullptr) {
    newest_file(direction)->append(bytes);
  } else {
    Bytes plain;
    const auto state = inflater_[side]->push(bytes, plain);
    newest_file(direction)->append(plain);
    if (state == Inflater::State::Broken) raise(static_cast<std::uint8_t>(Http2Event::FailedDecompression), direction);
  }
  touch(direction);
}

void Http2Stream::finish(Direction direction) {
  if (is_complete(direction)) return;
  if (File* file = newest_file(direction)) file->close();
  if (!dns_[index(direction)].empty()) take_dns(direction, dns_[index(direction)]);
  complete(direction);
}

}  // namespace warder::ips::app
