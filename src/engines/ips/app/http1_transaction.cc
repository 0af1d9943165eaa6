#include "engines/ips/app/http1_transaction.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace warder::ips::app {

namespace {

struct HeaderBuffer {
  BufferId id;
  Direction direction;
  std::string_view header;
  bool is_both = false;
};
constexpr HeaderBuffer kHeaders[] = {
    {BufferId::HttpUserAgent, Direction::ToServer, "user-agent"},
    {BufferId::HttpAccept, Direction::ToServer, "accept"},
    {BufferId::HttpAcceptEncoding, Direction::ToServer, "accept-encoding"},
    {BufferId::HttpAcceptLanguage, Direction::ToServer, "accept-language"},
    {BufferId::HttpReferer, Direction::ToServer, "referer"},
    {BufferId::HttpServer, Direction::ToClient, "server"},
    {BufferId::HttpLocation, Direction::ToClient, "location"},
    {BufferId::HttpConnection, Direction::ToServer, "connection", true},
    {BufferId::HttpContentLength, Direction::ToServer, "content-length", true},
    {BufferId::HttpContentType, Direction::ToServer, "content-type", true},
};

BufferView view(const std::string& text) {
  return BufferView::complete(as_bytes(text));
}
BufferView view_if(const std::string& text) {
  return text.empty() ? BufferView::absent() : view(text);
}

}  // namespace

const std::string* HttpTransaction::header(Direction direction, std::string_view name) const noexcept {
  for (const auto& [key, value] : messages_[index(direction)].headers) {
    if (equals_ignoring_case(key, name)) return &value;
  }
  return nullptr;
}

void HttpTransaction::append_body(Direction direction, ByteView bytes, const Limits& limits) {
  auto& list = message(direction).files;
  const auto limit = direction == Direction::ToServer ? limits.request_body_bytes : limits.response_body_bytes;
  if (list.empty()) {
    const auto slash = raw_uri.substr(0, raw_uri.find('?')).rfind('/');
    auto name = slash == std::string::npos ? std::string() : raw_uri.substr(0, raw_uri.find('?')).substr(slash);
    list.push_back(std::make_unique<File>(std::move(name), limits, limit));
  }
  list[0]->append(bytes);
  touch(direction);
}

BufferView HttpTransaction::header_value(Direction direction, std::string_view name) {
  const auto* const value = header(direction, name);
  return value == nullptr ? BufferView::absent() : view(*value);
}

std::string& HttpTransaction::made(BufferId id, Direction direction) {
  for (auto& [key, text] : made_) {
    if (key == std::pair(id, direction)) return text;
  }
  auto& text = made_.emplace_back(std::pair(id, direction), std::string()).second;
  const auto& source = message(direction);
  switch (id) {  // NOLINT(clang-diagnostic-switch-enum)
    case BufferId::HttpHeaderNames:
      text = "\r\n";
      for (const auto& [name, value] : source.headers) text += name + "\r\n";
      text += "\r\n";
      break;
    case BufferId::HttpStart:
      text = source.line + "\r\n";
      [[fallthrough]];
    default:
      for (const auto& [name, value] : source.headers) {
        const bool is_cookie = equals_ignoring_case(name, "cookie") || equals_ignoring_case(name, "set-cookie");
        if (id != BufferId::HttpHeader || !is_cookie) text += name + ": " + value + "\r\n";
      }
      if (id == BufferId::HttpStart) text += "\r\n";
      break;
  }
  return text;
}

BufferView HttpTransaction::line_buffer(BufferId id, Direction direction) {
  const auto& source = message(direction);
  const bool to_server = direction == Direction::ToServer;
  if (id == BufferId::HttpProtocol) return view_if(source.protocol);
  if (id == BufferId::HttpRequestLine) return to_server ? view_if(source.line) : BufferView::absent();
  if (id == BufferId::HttpResponseLine) return to_server ? BufferView::absent() : view_if(source.line);
  if (id == BufferId::HttpStatCode) return to_server ? BufferView::absent() : view_if(status);
  if (id == BufferId::HttpStatMsg) return to_server ? BufferView::absent() : view_if(status_text);
  if (!to_server) return BufferView::absent();
  if (id == BufferId::HttpMethod) return view_if(method);
  return view_if(id == BufferId::HttpUri ? uri : raw_uri);
}

BufferView HttpTransaction::header_buffer(BufferId id, Direction direction, std::size_t instance) {
  const bool to_server = direction == Direction::ToServer;
  const auto& source = message(direction);
  if (id == BufferId::HttpRequestHeader || id == BufferId::HttpResponseHeader) {
    if (to_server != (id == BufferId::HttpRequestHeader) || instance >= source.headers.size())
      return BufferView::absent();
    auto& all = line_texts_[index(direction)];
    while (all.size() <= instance) {
      const auto& [name, value] = source.headers[all.size()];
      all.push_back(std::make_unique<std::string>(name + ": " + value));
    }
    return view(*all[instance]);
  }
  if (id == BufferId::HttpHeaderRaw) return view_if(source.raw_headers);
  if (id == BufferId::HttpHost) return to_server && has_host ? view(host) : BufferView::absent();
  if (id == BufferId::HttpHostRaw) return to_server && !raw_host.empty() ? view(raw_host) : BufferView::absent();
  if (id == BufferId::HttpCookie) return header_value(direction, to_server ? "cookie" : "set-cookie");
  for (const auto& row : kHeaders) {
    if (row.id != id) continue;
    return row.is_both || row.direction == direction ? header_value(direction, row.header) : BufferView::absent();
  }
  if (source.headers.empty() && id != BufferId::HttpStart) return BufferView::absent();
  return view_if(made(id, direction));
}

BufferView HttpTransaction::body_buffer(BufferId id, Direction direction, std::size_t instance) {
  if (instance > 0) return BufferView::absent();
  if (id == BufferId::HttpRequestBody && direction != Direction::ToServer) return BufferView::absent();
  if (id == BufferId::HttpResponseBody && direction != Direction::ToClient) return BufferView::absent();
  const auto& list = message(direction).files;
  if (list.empty()) return is_complete(direction) ? BufferView::absent() : BufferView::pending();
  if (id == BufferId::FileName) return view_if(list[0]->name());
  return list[0]->view();
}

BufferView HttpTransaction::buffer(BufferId id, Direction direction, std::size_t instance) {
  const auto& source = message(direction);
  const auto wait = is_complete(direction) ? BufferView::absent() : BufferView::pending();
  switch (id) {  // NOLINT(clang-diagnostic-switch-enum): buffers of other protocols are absent here
    case BufferId::HttpRequestBody:
    case BufferId::HttpResponseBody:
    case BufferId::FileData:
    case BufferId::FileName:
      return body_buffer(id, direction, instance);
    case BufferId::HttpUri:
    case BufferId::HttpUriRaw:
    case BufferId::HttpMethod:
    case BufferId::HttpProtocol:
    case BufferId::HttpRequestLine:
    case BufferId::HttpResponseLine:
    case BufferId::HttpStatCode:
    case BufferId::HttpStatMsg:
      if (instance > 0) return BufferView::absent();
      return source.has_line ? line_buffer(id, direction) : wait;
    default:
      break;
  }
  if (id > BufferId::HttpResponseHeader) return BufferView::absent();
  const bool is_multiple = row(id).is_multiple;
  if (instance > 0 && !is_multiple) return BufferView::absent();
  return source.has_headers ? header_buffer(id, direction, instance) : wait;
}

std::optional<std::uint64_t> HttpTransaction::number(NumberId id, Direction direction, std::size_t instance) {
  if (instance > 0) return std::nullopt;
  if (id == NumberId::HttpUriLength || id == NumberId::HttpRawUriLength) {
    if (direction != Direction::ToServer || !message(direction).has_line) return std::nullopt;
    return id == NumberId::HttpUriLength ? uri.size() : raw_uri.size();
  }
  if (id != NumberId::HttpContentLength) return std::nullopt;
  const auto* const length = header(direction, "content-length");
  return length == nullptr ? std::nullopt : parse_integer<std::uint64_t>(trim(*length));
}

}  // namespace warder::ips::app
