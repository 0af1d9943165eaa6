#include "engines/ips/app/http1.h"

#include <htp/htp.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "engines/ips/app/http1_events.h"
#include "engines/ips/app/http1_transaction.h"

namespace warder::ips::app {

namespace {

std::string text(const bstr* value) {
  if (value == nullptr) return {};
  // bstr_ptr, which casts the const away.
  const void* const begin = value->realptr != nullptr ? static_cast<const void*>(value->realptr) : value + 1;
  return {static_cast<const char*>(begin), bstr_len(value)};
}

/// The state of one connection. Callbacks of libhtp find it as the user data of the connection.
class Http1Parser : public Parser {
 public:
  Http1Parser(const Limits& limits, const FlowInfo& flow);
  ~Http1Parser() override { htp_connp_destroy_all(connection_); }

  Fed feed(Direction direction, ByteView bytes) override;
  bool gap(Direction direction, std::uint64_t bytes) override;
  void end(Direction direction, ByteView rest) override;
  void stop(Direction direction) override { has_stopped_[index(direction)] = true; }

  /// Ours for libhtp's, made when it is new; null when it is complete and gone. libhtp goes on with a transaction after
  /// we have judged and dropped ours (a side that ended early), so what it remembers is looked for, never trusted.
  HttpTransaction* own(htp_tx_t* tx);
  HttpTransaction* find(const htp_tx_t* tx);
  [[nodiscard]] const Limits& limits() const noexcept { return limits_; }
  void note(std::string_view message, const htp_tx_t* tx);

  /// A response that hands the connection over: what it speaks from here on.
  void hand_over(Protocol next) noexcept { next_ = next; }
  void note_request() noexcept { ++requests_; }

  Direction feeding_ = Direction::ToServer;

 private:
  void open_connection();
  void finish_headers();
  void gather_frame(Direction direction, ByteView bytes);

  Bytes frame_[2];  // of the message that is not complete yet

  std::optional<Protocol> next_;
  const Limits& limits_;
  FlowInfo flow_;
  bool has_stopped_[2] = {false, false};
  std::size_t requests_ = 0;  // of this connection_
  htp_connp_t* connection_ = nullptr;
};

Http1Parser& parser_of(const htp_connp_t* connection) {
  return *static_cast<Http1Parser*>(htp_connp_get_user_data(connection));
}

void copy_headers(const htp_table_t* table, HttpMessage& message) {
  message.headers.clear();
  for (std::size_t i = 0; table != nullptr && i < htp_table_size(table); ++i) {
    const auto* const header = static_cast<const htp_header_t*>(htp_table_get_index(table, i, nullptr));
    if (header != nullptr) message.headers.emplace_back(text(header->name), text(header->value));
  }
}

void finish_side(HttpTransaction& mine, Direction direction) {
  for (const auto& file : mine.message(direction).files) file->close();
  mine.message(direction).has_line = mine.message(direction).has_headers = true;
  mine.set_progress(direction, HttpTransaction::Done);
  mine.complete(direction);
}

HttpTransaction* Http1Parser::find(const htp_tx_t* tx) {
  const auto* const known = tx == nullptr ? nullptr : htp_tx_get_user_data(tx);
  for (std::size_t i = transactions_.size(); known != nullptr && i-- > 0;)
    if (&transactions_[i] == known) return &static_cast<HttpTransaction&>(transactions_[i]);
  return nullptr;
}

HttpTransaction* Http1Parser::own(htp_tx_t* tx) {
  if (htp_tx_get_user_data(tx) != nullptr) return find(tx);
  auto& made = static_cast<HttpTransaction&>(transactions_.add(std::make_unique<HttpTransaction>()));
  Transaction* const base = &made;
  htp_tx_set_user_data(tx, base);
  // A response without a request: libhtp invents one.
  if (tx->request_progress == HTP_REQUEST_COMPLETE) {
    made.uri = made.raw_uri = text(tx->request_uri);
    finish_side(made, Direction::ToServer);
  }
  return &made;
}

int on_request_start(htp_tx_t* tx) {
  parser_of(tx->connp).note_request();
  parser_of(tx->connp).own(tx);
  return HTP_OK;
}

/// Path, query and fragment as libhtp normalised them.
std::string normalised_uri(const htp_tx_t* tx) {
  const auto* const uri = tx->parsed_uri;
  if (uri == nullptr) return text(tx->request_uri);
  std::string out = text(uri->path);
  if (uri->query != nullptr) {
    bstr* const query = bstr_dup(uri->query);
    std::uint64_t flags = 0;
    htp_urldecode_inplace(tx->cfg, HTP_DECODER_URLENCODED, query, &flags);
    out += "?" + text(query);
    bstr_free(query);
  }
  if (uri->fragment != nullptr) out += "#" + text(uri->fragment);
  return out;
}

int on_request_line(htp_tx_t* tx) {
  auto* const own = parser_of(tx->connp).own(tx);
  if (own == nullptr) return HTP_OK;
  auto& mine = *own;
  auto& message = mine.message(Direction::ToServer);
  // Without a version only GET is a request of HTTP/0.9, whose response would be a bare body.
  if (tx->request_method_number != HTP_M_GET) tx->is_protocol_0_9 = 0;
  message.line = text(tx->request_line);
  message.protocol = text(tx->request_protocol);
  mine.method = text(tx->request_method);
  mine.raw_uri = text(tx->request_uri);
  mine.uri = normalised_uri(tx);
  message.has_line = true;
  mine.set_progress(Direction::ToServer, HttpTransaction::Line);
  return HTP_OK;
}

int on_request_headers(htp_tx_t* tx) {
  auto* const own = parser_of(tx->connp).own(tx);
  if (own == nullptr) return HTP_OK;
  auto& mine = *own;
  auto& message = mine.message(Direction::ToServer);
  copy_headers(tx->request_headers, message);
  mine.host = to_lower_ascii(text(tx->request_hostname));
  mine.has_host = tx->request_hostname != nullptr;
  if (const auto* const host = mine.header(Direction::ToServer, "host")) mine.raw_host = *host;
  if (tx->parsed_uri_raw != nullptr && tx->parsed_uri_raw->hostname != nullptr)
    mine.raw_host = text(tx->parsed_uri_raw->hostname);
  if (const auto* const coding = mine.header(Direction::ToServer, "content-encoding")) {
    const auto& limits = parser_of(tx->connp).limits();
    mine.decoder.emplace(*coding, limits.decompression_layers, limits.max_expansion_bytes);
  }
  message.has_headers = true;
  mine.set_progress(Direction::ToServer, HttpTransaction::Headers);
  return HTP_OK;
}

int on_response_line(htp_tx_t* tx) {
  auto* const own = parser_of(tx->connp).own(tx);
  if (own == nullptr) return HTP_OK;
  auto& mine = *own;
  auto& message = mine.message(Direction::ToClient);
  message.line = text(tx->response_line);
  message.protocol = text(tx->response_protocol);
  mine.status = text(tx->response_status);
  mine.status_text = text(tx->response_message);
  message.has_line = true;
  mine.set_progress(Direction::ToClient, HttpTransaction::Line);
  return HTP_OK;
}

int on_response_headers(htp_tx_t* tx) {
  auto* const own = parser_of(tx->connp).own(tx);
  if (own == nullptr) return HTP_OK;
  auto& mine = *own;
  auto& message = mine.message(Direction::ToClient);
  copy_headers(tx->response_headers, message);
  message.has_headers = true;
  mine.set_progress(Direction::ToClient, HttpTransaction::Headers);
  if (tx->response_status_number == 101) {
    const auto* const upgrade = mine.header(Direction::ToClient, "upgrade");
    const auto wanted = upgrade == nullptr ? std::string() : to_lower_ascii(*upgrade);
    parser_of(tx->connp).hand_over(wanted == "websocket" ? Protocol::Websocket
                                   : wanted == "h2c"     ? Protocol::Http2
                                                         : Protocol::Unknown);
  } else if (tx->request_method_number == HTP_M_CONNECT && tx->response_status_number / 100 == 2) {
    parser_of(tx->connp).hand_over(Protocol::Unknown);
  }
  return HTP_OK;
}

constexpr std::size_t kMaxRawHeaders = 256 * 1024;

int on_raw_headers(htp_tx_data_t* data, Direction direction) {
  auto* const own = parser_of(data->tx->connp).own(data->tx);
  if (own == nullptr || data->data == nullptr) return HTP_OK;
  auto& raw = own->message(direction).raw_headers;
  if (raw.size() < kMaxRawHeaders) raw += as_text({data->data, data->len});
  return HTP_OK;
}
int on_request_raw(htp_tx_data_t* data) {
  return on_raw_headers(data, Direction::ToServer);
}
int on_response_raw(htp_tx_data_t* data) {
  return on_raw_headers(data, Direction::ToClient);
}

int on_body(htp_tx_data_t* data, Direction direction) {
  auto& parser = parser_of(data->tx->connp);
  auto* const own = parser.own(data->tx);
  if (own == nullptr || data->data == nullptr || data->len == 0) return HTP_OK;
  const ByteView bytes{data->data, data->len};
  const auto keep = [&](ByteView more) { own->append_body(direction, more, parser.limits()); };
  if (direction == Direction::ToServer && own->decoder) {
    own->decoder->push(bytes, keep);
  } else {
    keep(bytes);
  }
  return HTP_OK;
}
int on_request_body(htp_tx_data_t* data) {
  return on_body(data, Direction::ToServer);
}
int on_response_body(htp_tx_data_t* data) {
  return on_body(data, Direction::ToClient);
}

void raise(HttpTransaction& mine, std::string_view name, Direction direction) {
  if (const auto event = find_http_event(name)) mine.raise(*event, direction);
}

int on_request_complete(htp_tx_t* tx) {
  auto* const own = parser_of(tx->connp).own(tx);
  if (own == nullptr) return HTP_OK;
  auto& mine = *own;
  if ((tx->flags & HTP_HOST_MISSING) != 0) raise(mine, "missing_host_header", Direction::ToServer);
  if ((tx->flags & HTP_HOST_AMBIGUOUS) != 0) raise(mine, "host_header_ambiguous", Direction::ToServer);
  if ((tx->flags & HTP_HOSTU_INVALID) != 0) raise(mine, "uri_host_invalid", Direction::ToServer);
  if ((tx->flags & HTP_HOSTH_INVALID) != 0) raise(mine, "header_host_invalid", Direction::ToServer);
  const auto* const credentials = mine.header(Direction::ToServer, "authorization");
  const bool is_bearer = credentials != nullptr && to_lower_ascii(credentials->substr(0, 7)) == "bearer ";
  if (tx->request_auth_type == HTP_AUTH_UNRECOGNIZED && !is_bearer)
    raise(mine, "request_auth_unrecognized", Direction::ToServer);
  if ((tx->flags & HTP_FIELD_FOLDED) != 0) raise(mine, "invalid_request_field_folding", Direction::ToServer);
  finish_side(mine, Direction::ToServer);
  return HTP_OK;
}

int on_response_complete(htp_tx_t* tx) {
  auto* const own = parser_of(tx->connp).own(tx);
  if (own == nullptr) return HTP_OK;
  auto& mine = *own;
  finish_side(mine, Direction::ToClient);
  return HTP_OK;
}

int on_log(htp_log_t* log) {
  if (log->msg != nullptr) parser_of(log->connp).note(log->msg, log->tx);
  return HTP_OK;
}

/// One configuration for all connections with the same limits; libhtp only reads it.
htp_cfg_t* make_configuration(const Limits& limits) {
  constexpr std::size_t kFieldLimit = 18000;
  auto* const cfg = htp_config_create();
  htp_config_set_server_personality(cfg, HTP_SERVER_IDS);
  htp_config_set_tx_auto_destroy(cfg, 1);
  htp_config_set_response_decompression(cfg, 1);
  htp_config_set_response_decompression_layer_limit(cfg, static_cast<int>(limits.decompression_layers));
  htp_config_set_request_decompression(cfg, 0);  // BodyDecoder does it
  htp_config_set_compression_bomb_limit(cfg, 1 << 20);
  htp_config_set_field_limits(cfg, kFieldLimit / 2, kFieldLimit);
  htp_config_set_log_level(cfg, HTP_LOG_WARNING);
  htp_config_set_parse_request_cookies(cfg, 0);
  htp_config_set_parse_request_auth(cfg, 1);
  htp_config_set_plusspace_decode(cfg, HTP_DECODER_URL_PATH, 0);
  htp_config_set_plusspace_decode(cfg, HTP_DECODER_URLENCODED, 0);
  htp_config_register_request_start(cfg, on_request_start);
  htp_config_register_request_line(cfg, on_request_line);
  htp_config_register_request_headers(cfg, on_request_headers);
  htp_config_register_request_header_data(cfg, on_request_raw);
  htp_config_register_request_trailer_data(cfg, on_request_raw);
  htp_config_register_request_body_data(cfg, on_request_body);
  htp_config_register_request_complete(cfg, on_request_complete);
  htp_config_register_response_line(cfg, on_response_line);
  htp_config_register_response_headers(cfg, on_response_headers);
  htp_config_register_response_header_data(cfg, on_response_raw);
  htp_config_register_response_trailer_data(cfg, on_response_raw);
  htp_config_register_response_body_data(cfg, on_response_body);
  htp_config_register_response_complete(cfg, on_response_complete);
  htp_config_register_log(cfg, on_log);
  return cfg;
}

htp_cfg_t* configuration(const Limits& limits) {
  static htp_cfg_t* const kShared = make_configuration(limits);
  return kShared;
}

Http1Parser::Http1Parser(const Limits& limits, const FlowInfo& flow) : limits_(limits), flow_(flow) {
  open_connection();
}

void Http1Parser::open_connection() {
  if (connection_ != nullptr) htp_connp_destroy_all(connection_);
  connection_ = htp_connp_create(configuration(limits_));
  requests_ = 0;
  htp_connp_set_user_data(connection_, this);
  htp_connp_open(connection_, nullptr, flow_.client_port, nullptr, flow_.server_port, nullptr);
}

void Http1Parser::note(std::string_view message, const htp_tx_t* tx) {
  const auto event = http_event_of(message);
  if (!event) return;
  if (auto* const known = find(tx)) {
    known->raise(*event, feeding_);
  } else if (auto* const newest = transactions_.newest()) {
    newest->raise(*event, feeding_);
  } else {
    flow_events_.push_back(*event);
  }
}

Fed Http1Parser::feed(Direction direction, ByteView bytes) {
  feeding_ = direction;
  if (transactions_.size() > limits_.max_transactions) return Fed::error();
  const bool to_server = direction == Direction::ToServer;
  // libhtp keeps what has no answer, and gives up when it is too much: where answers are looked at no more, it begins
  // anew now and then.
  constexpr std::size_t kManyRequests = 100;
  const auto* const newest = transactions_.newest();
  const bool is_between = newest == nullptr || newest->is_complete(Direction::ToServer);
  if (has_stopped_[index(Direction::ToClient)] && is_between && requests_ >= kManyRequests) open_connection();
  const int state = to_server ? htp_connp_req_data(connection_, nullptr, bytes.data(), bytes.size())
                              : htp_connp_res_data(connection_, nullptr, bytes.data(), bytes.size());
  if (wants_frames()) gather_frame(direction, bytes);
  if (state == HTP_STREAM_ERROR) return Fed::error();
  if (state == HTP_STREAM_TUNNEL && next_) {
    const auto used = to_server ? htp_connp_req_data_consumed(connection_) : htp_connp_res_data_consumed(connection_);
    return Fed::restart(std::min<std::size_t>(used, bytes.size()), *next_);
  }
  if (state == HTP_STREAM_DATA_OTHER) {
    const auto used = to_server ? htp_connp_req_data_consumed(connection_) : htp_connp_res_data_consumed(connection_);
    return Fed::ok(used, bytes.size() - used + 1);
  }
  return Fed::ok(bytes.size());
}

bool Http1Parser::gap(Direction direction, std::uint64_t bytes) {
  constexpr std::uint64_t kMaxGap = 1U << 30;
  if (bytes > kMaxGap) return false;
  feeding_ = direction;
  const int state = direction == Direction::ToServer ? htp_connp_req_data(connection_, nullptr, nullptr, bytes)
                                                     : htp_connp_res_data(connection_, nullptr, nullptr, bytes);
  return state != HTP_STREAM_ERROR;
}

/// A message is a frame when it is complete; pieces of several are told apart no further.
void Http1Parser::gather_frame(Direction direction, ByteView bytes) {
  constexpr std::size_t kMaxFrame = 64UL * 1024;
  auto& frame = frame_[index(direction)];
  if (frame.size() < kMaxFrame) append(frame, bytes);
  auto* const newest = transactions_.newest();
  if (newest != nullptr && !newest->is_complete(direction)) return;
  note_frame(direction == Direction::ToServer ? FrameId::HttpRequest : FrameId::HttpResponse, direction, frame);
  frame.clear();
}

/// A response that ends within its headers: the last line counts all the same.
void Http1Parser::finish_headers() {
  auto* const newest = static_cast<HttpTransaction*>(transactions_.newest());
  if (newest == nullptr || newest->is_complete(Direction::ToClient)) return;
  const auto& message = newest->message(Direction::ToClient);
  if (!message.has_line || message.has_headers) return;
  static constexpr std::string_view kEnd = "\r\n\r\n";
  htp_connp_res_data(connection_, nullptr, kEnd.data(), kEnd.size());
}

void Http1Parser::end(Direction direction, ByteView /*rest*/) {
  feeding_ = direction;
  if (direction == Direction::ToServer) {
    htp_connp_req_close(connection_, nullptr);
  } else {
    finish_headers();
    htp_connp_close(connection_, nullptr);
  }
  for (std::size_t i = 0; i < transactions_.size(); ++i) {
    auto& mine = static_cast<HttpTransaction&>(transactions_[i]);
    if (mine.is_complete(direction)) continue;
    for (const auto& file : mine.message(direction).files) file->truncate();
    finish_side(mine, direction);
  }
}

constexpr std::string_view kMethods[] = {
    "GET ",
    "POST ",
    "HEAD ",
    "PUT ",
    "OPTIONS ",
    "DELETE ",
    "TRACE ",
    "CONNECT ",
    "PATCH ",
    "PROPFIND ",
    "PROPPATCH ",
    "MKCOL ",
    "COPY ",
    "MOVE ",
    "LOCK ",
    "UNLOCK ",
    "SEARCH ",
    "REPORT ",
    "MERGE ",
    "CHECKOUT ",
    "BCOPY ",
    "BDELETE ",
    "BMOVE ",
    "SUBSCRIBE ",
    "NOTIFY ",
    "UNSUBSCRIBE ",
    "POLL ",
    "VERSION-CONTROL ",
    "BASELINE-CONTROL ",
    "LABEL ",
    "INVALID ",
    "MKACTIVITY ",
    "MKWORKSPACE ",
    "UPDATE ",
    "ACL ",
    "ORDERPATCH ",
    "RPC_IN_DATA ",
    "RPC_OUT_DATA ",
};

Probe probe_request(std::string_view bytes) {
  const auto start = bytes.find_first_not_of("\r\n \t");
  if (start == std::string_view::npos) return Probe::More;
  bytes.remove_prefix(start);
  for (const auto method : kMethods) {
    const auto known = bytes.substr(0, method.size());
    if (known == method.substr(0, known.size())) return known.size() == method.size() ? Probe::Yes : Probe::More;
    if (known.size() == method.size() && known.substr(0, method.size() - 1) == method.substr(0, method.size() - 1) &&
        known.back() == '\t') {
      return Probe::Yes;
    }
  }
  // Any word, a target, and the version at the end of the line.
  const auto word = bytes.substr(0, bytes.find_first_of(" \t"));
  const bool is_word = std::ranges::all_of(
      word, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; });
  if (!is_word) return Probe::No;
  const auto line = bytes.substr(0, bytes.find('\n'));
  if (line.find(" HTTP/1.") != std::string_view::npos || line.find(" HTTP/0.9") != std::string_view::npos)
    return Probe::Yes;
  return line.size() == bytes.size() && bytes.size() < 256 ? Probe::More : Probe::No;
}

Probe probe(Direction direction, ByteView first, const ProbeHint& /*hint*/) {
  const auto bytes = as_text(first);
  constexpr std::string_view kVersion = "HTTP/";
  const auto known = bytes.substr(0, kVersion.size());
  if (known == kVersion.substr(0, known.size())) {
    if (known.size() < kVersion.size()) return Probe::More;
    return direction == Direction::ToClient ? Probe::Yes : Probe::Reversed;
  }
  if (direction == Direction::ToClient) {
    const bool is_request = probe_request(bytes) == Probe::Yes;
    return is_request ? Probe::Reversed : Probe::No;
  }
  return probe_request(bytes);
}

std::unique_ptr<Parser> make(const Limits& limits, const FlowInfo& flow) {
  return std::make_unique<Http1Parser>(limits, flow);
}

}  // namespace

ParserInfo http1_parser() {
  ParserInfo info{};
  info.protocol = Protocol::Http1;
  info.over_stream = true;
  info.probe = probe;
  info.make = make;
  info.events = http_events();
  return info;
}

}  // namespace warder::ips::app
