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

constexpr BufferId kBodyBuffers[] = {BufferId::HttpRequestBody, BufferId::HttpResponseBody, BufferId::FileData,
                                     BufferId::FileName};
constexpr BufferId kLineBuffers[] = {BufferId::HttpUri,      BufferId::HttpUriRaw,      BufferId::HttpMethod,
                                     BufferId::HttpProtocol, BufferId::HttpRequestLine, BufferId::HttpResponseLine,
                                     BufferId::HttpStatCode, BufferId::HttpStatMsg};

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

std::string& HttpTransaction::made(BufferId asked, Direction direction) {
  for (auto& [key, text] : made_) {
    if (key == std::pair(asked, direction)) return text;
  }
  auto& text = made_.emplace_back(std::pair(asked, direction), std::string()).second;
  const auto& source = message(direction);
  if (asked == BufferId::HttpHeaderNames) {
    text = "\r\n";
    for (const auto& [name, value] : source.headers) text += name + "\r\n";
    text += "\r\n";
    return text;
  }
  if (asked == BufferId::HttpStart) text = source.line + "\r\n";
  for (const auto& [name, value] : source.headers) {
    const bool is_cookie = equals_ignoring_case(name, "cookie") || equals_ignoring_case(name, "set-cookie");
    if (asked != BufferId::HttpHeader || !is_cookie) text += name + ": " + value + "\r\n";
  }
  if (asked == BufferId::HttpStart) text += "\r\n";
  return text;
}

BufferView HttpTransaction::line_buffer(BufferId asked, Direction direction) {
  const auto& source = message(direction);
  const bool to_server = direction == Direction::ToServer;
  if (asked == BufferId::HttpProtocol) return view_if(source.protocol);
  if (asked == BufferId::HttpRequestLine) return to_server ? view_if(source.line) : BufferView::absent();
  if (asked == BufferId::HttpResponseLine) return to_server ? BufferView::absent() : view_if(source.line);
  if (asked == BufferId::HttpStatCode) return to_server ? BufferView::absent() : view_if(status);
  if (asked == BufferId::HttpStatMsg) return to_server ? BufferView::absent() : view_if(status_text);
  if (!to_server) return BufferView::absent();
  if (asked == BufferId::HttpMethod) return view_if(method);
  return view_if(asked == BufferId::HttpUri ? uri : raw_uri);
}

BufferView HttpTransaction::header_buffer(BufferId asked, Direction direction, std::size_t instance) {
  const bool to_server = direction == Direction::ToServer;
  const auto& source = message(direction);
  if (asked == BufferId::HttpRequestHeader || asked == BufferId::HttpResponseHeader) {
    if (to_server != (asked == BufferId::HttpRequestHeader) || instance >= source.headers.size())
      return BufferView::absent();
    auto& all = line_texts_[index(direction)];
    while (all.size() <= instance) {
      const auto& [name, value] = source.headers[all.size()];
      all.push_back(std::make_unique<std::string>(name + ": " + value));
    }
    return view(*all[instance]);
  }
  if (asked == BufferId::HttpHeaderRaw) return view_if(source.raw_headers);
  if (asked == BufferId::HttpHost) return to_server && has_host ? view(host) : BufferView::absent();
  if (asked == BufferId::HttpHostRaw) return to_server && !raw_host.empty() ? view(raw_host) : BufferView::absent();
  if (asked == BufferId::HttpCookie) return header_value(direction, to_server ? "cookie" : "set-cookie");
  for (const auto& row : kHeaders) {
    if (row.id != asked) continue;
    return row.is_both || row.direction == direction ? header_value(direction, row.header) : BufferView::absent();
  }
  if (source.headers.empty() && asked != BufferId::HttpStart) return BufferView::absent();
  return view_if(made(asked, direction));
}

BufferView HttpTransaction::body_buffer(BufferId asked, Direction direction, std::size_t instance) {
  if (instance > 0) return BufferView::absent();
  if (asked == BufferId::HttpRequestBody && direction != Direction::ToServer) return BufferView::absent();
  if (asked == BufferId::HttpResponseBody && direction != Direction::ToClient) return BufferView::absent();
  const auto& list = message(direction).files;
  if (list.empty()) return is_complete(direction) ? BufferView::absent() : BufferView::pending();
  if (asked == BufferId::FileName) return view_if(list[0]->name());
  return list[0]->view();
}

BufferView HttpTransaction::buffer(BufferId asked, Direction direction, std::size_t instance) {
  const auto& source = message(direction);
  const auto wait = is_complete(direction) ? BufferView::absent() : BufferView::pending();
  if (std::ranges::find(kBodyBuffers, asked) != std::end(kBodyBuffers)) return body_buffer(asked, direction, instance);
  if (std::ranges::find(kLineBuffers, asked) != std::end(kLineBuffers)) {
    if (instance > 0) return BufferView::absent();
    return source.has_line ? line_buffer(asked, direction) : wait;
  }
  if (asked > BufferId::HttpResponseHeader) return BufferView::absent();
  const bool is_multiple = row(asked).is_multiple;
  if (instance > 0 && !is_multiple) return BufferView::absent();
  return source.has_headers ? header_buffer(asked, direction, instance) : wait;
}

std::optional<std::uint64_t> HttpTransaction::number(NumberId asked, Direction direction, std::size_t instance) {
  if (instance > 0) return std::nullopt;
  if (asked == NumberId::HttpUriLength || asked == NumberId::HttpRawUriLength) {
    if (direction != Direction::ToServer || !message(direction).has_line) return std::nullopt;
    return asked == NumberId::HttpUriLength ? uri.size() : raw_uri.size();
  }
  if (asked != NumberId::HttpContentLength) return std::nullopt;
  const auto* const length = header(direction, "content-length");
  return length == nullptr ? std::nullopt : parse_integer<std::uint64_t>(trim(*length));
}

}  // namespace warder::ips::app
