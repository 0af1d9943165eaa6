#include "engines/ips/case_text.h"

#include <zlib.h>

#include <array>

#include "base/bytes.h"
#include "base/text.h"

namespace warder::ips {
namespace {

constexpr std::uint32_t kMaxTimes = 10'000;
constexpr std::string_view kAnyLength = "Content-Length: *";

Result<std::string> unescaped(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    const char kind = i + 1 < text.size() ? text[i + 1] : '\0';
    ++i;
    switch (kind) {
      case 'r':
        bytes += '\r';
        break;
      case 'n':
        bytes += '\n';
        break;
      case 't':
        bytes += '\t';
        break;
      case '\\':
        bytes += '\\';
        break;
      case 'x': {
        const auto byte = from_hex(text.substr(i + 1, 2));
        if (!byte || byte->size() != 1) return fail(ErrorCode::Invalid, "\\x needs two hexadecimal digits");
        bytes += static_cast<char>(byte->front());
        i += 2;
        break;
      }
      default:
        return fail(ErrorCode::Invalid, "write \\\\ for a backslash");
    }
  }
  return bytes;
}

std::string compressed(std::string_view text, bool is_gzip) {
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, is_gzip ? kGzip : MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return {};
  std::string copy(text);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::string chunked(std::string_view body, std::size_t size) {
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += size) {
    const auto part = body.substr(at, size);
    std::array<char, 16> length{};
    const auto end = std::to_chars(length.data(), length.data() + length.size(), part.size(), 16).ptr;
    out.append(length.data(), end).append("\r\n").append(part).append("\r\n");
  }
  return out + "0\r\n\r\n";
}

std::string percent(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    // What structures a query stays: servers look for it before they decode.
    if (std::string_view("/?&=%+").find(letter) != std::string_view::npos) {
      out += letter;
    } else {
      out += "%" + to_hex(as_bytes(std::string_view(&letter, 1)));
    }
  }
  return out;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with(from)) {
      out += to;
      at += from.size();
    } else {
      out += text[at++];
    }
  }
  return out;
}

/// An HTTP request in its parts, to be changed.
struct Request {
  std::string method;
  std::string target;
  std::string version;
  std::string headers;  // with line ends
  std::string body;

  static Result<Request> parse(std::string_view bytes) {
    Request request;
    const auto line_end = bytes.find("\r\n");
    const auto head_end = bytes.find("\r\n\r\n");
    const auto words = split(bytes.substr(0, line_end), ' ');
    if (head_end == std::string_view::npos || words.size() != 3)
      return fail(ErrorCode::Invalid, "only a whole HTTP request can be changed");
    request.method = words[0];
    request.target = words[1];
    request.version = words[2];
    request.headers = bytes.substr(line_end + 2, head_end - line_end);
    request.body = bytes.substr(head_end + 4);
    return request;
  }
  void remove_header(std::string_view name) {
    std::string kept;
    for (const auto line : split(headers, '\n')) {
      if (!line.empty() && !to_lower_ascii(line).starts_with(name)) kept.append(line).append("\n");
    }
    headers = kept;
  }
  [[nodiscard]] std::string text() const {
    return method + " " + target + " " + version + "\r\n" + headers + "\r\n" + body;
  }
  void set_body(std::string bytes, std::string_view header) {
    remove_header("content-length");
    body = std::move(bytes);
    headers.append(header).append("\r\n");
  }
};

Result<void> change(Request& request, std::string_view word) {
  const auto equals = word.find('=');
  const auto name = word.substr(0, equals);
  const auto value = equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
  const bool is_sent_in_chunks = request.headers.find("chunked") != std::string::npos;
  if (name == "percent") {
    request.target = percent(request.target);
  } else if (name == "percent2") {
    request.target = replaced(percent(request.target), "%", "%25");
  } else if (name == "upper") {
    for (char& letter : request.target) {
      if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    }
  } else if (name == "dots") {
    request.target = replaced(request.target, "/", "/./");
  } else if (name == "slashes") {
    request.target = replaced(request.target, "/", "//");
  } else if (name == "query") {
    request.target += (request.target.find('?') == std::string::npos ? "?" : "&") + WD_TRY(unescaped(value));
  } else if (name == "header") {
    request.headers = replaced(WD_TRY(unescaped(value)), "_", " ") + "\r\n" + request.headers;
  } else if (name == "chunked") {
    const auto size = parse_integer<std::size_t>(value);
    if (!size || *size == 0) return fail(ErrorCode::Invalid, "chunked=N needs a number");
    request.set_body(chunked(request.body, *size), "Transfer-Encoding: chunked");
  } else if ((name == "gzip" || name == "deflate") && !is_sent_in_chunks) {
    request.body = compressed(request.body, name == "gzip");
    request.set_body(request.body, "Content-Length: " + std::to_string(request.body.size()));
    request.headers.append("Content-Encoding: ").append(name).append("\r\n");
  } else {
    return fail(ErrorCode::Invalid, "\"" + std::string(word) + "\" is no change (compress before cutting into chunks)");
  }
  return {};
}

void fill_in_length(std::string& bytes) {
  const auto at = bytes.find(kAnyLength);
  const auto head_end = bytes.find("\r\n\r\n");
  if (at == std::string::npos || head_end == std::string::npos || at > head_end) return;
  const auto length = std::to_string(bytes.size() - head_end - 4);
  bytes.replace(at + kAnyLength.size() - 1, 1, length);
}

class Parser {
 public:
  Result<void> take(std::string_view line, std::size_t number) {
    if (trim(line).empty() || line.front() == '#') return {};
    switch (line.front()) {
      case '[':
        return begin_rule(line);
      case '+':
      case '~':
      case '-':
        return begin_case(line, number);
      case '@':
        return set_options(line.substr(1));
      case '>':
      case '<':
        return add_text(line);
      default:
        return fail(ErrorCode::Invalid, "begin with [ + ~ - @ > < or #");
    }
  }

  std::vector<RuleCases> finish() {
    for (RuleCases& rule : all_) {
      for (RuleCase& one : rule.cases) {
        for (CaseMessage& message : one.messages) fill_in_length(message.bytes);
      }
    }
    return std::move(all_);
  }

 private:
  Result<void> begin_rule(std::string_view line) {
    const auto sid = parse_integer<std::uint32_t>(line.substr(1, line.find(']') - 1));
    if (!sid) return fail(ErrorCode::Invalid, "give the sid of a rule: [9100001]");
    all_.push_back({*sid, {}});
    return {};
  }

  Result<void> begin_case(std::string_view line, std::size_t number) {
    if (all_.empty()) return fail(ErrorCode::Invalid, "[SID] comes first");
    auto& cases = all_.back().cases;
    RuleCase made;
    made.kind = line.front() == '+' ? CaseKind::Positive : line.front() == '~' ? CaseKind::Evasion : CaseKind::Negative;
    made.line = number;
    const auto equals = line.find(" = ");
    made.name = trim(line.substr(1, equals == std::string_view::npos ? line.size() : equals - 1));
    if (equals != std::string_view::npos) {
      const RuleCase* base = nullptr;
      for (const RuleCase& one : cases) {
        if (one.kind == CaseKind::Positive) base = &one;
      }
      if (base == nullptr || base->messages.empty()) return fail(ErrorCode::Invalid, "there is no \"+\" to change");
      const CaseKind kind = made.kind;
      const std::string name = made.name;
      made = *base;
      made.kind = kind;
      made.name = name;
      made.line = number;
      fill_in_length(made.messages.front().bytes);
      auto request = WD_TRY(Request::parse(made.messages.front().bytes));
      for (const auto word : split(trim(line.substr(equals + 3)), ' ')) WD_TRY(change(request, word));
      made.messages.front().bytes = request.text();
    }
    cases.push_back(std::move(made));
    return {};
  }

  Result<RuleCase*> current() {
    if (all_.empty() || all_.back().cases.empty()) return fail(ErrorCode::Invalid, "+ ~ or - comes first");
    return &all_.back().cases.back();
  }

  Result<void> set_options(std::string_view text) {
    RuleCase* const one = WD_TRY(current());
    for (const auto word : split(trim(text), ' ')) {
      const auto number = parse_integer<std::uint32_t>(word.substr(word.find('=') + 1));
      if (word == "udp") {
        one->is_udp = true;
      } else if (word.starts_with("port=") && number && *number <= UINT16_MAX) {
        one->port = static_cast<std::uint16_t>(*number);
      } else if (word.starts_with("times=") && number && *number >= 1 && *number <= kMaxTimes) {
        one->times = *number;
      } else {
        return fail(ErrorCode::Invalid, "options are udp, port=N and times=N");
      }
    }
    return {};
  }

  Result<void> add_text(std::string_view line) {
    RuleCase* const one = WD_TRY(current());
    const bool is_client = line.front() == '>';
    const bool has_end = line.size() < 2 || line[1] != '|';
    line.remove_prefix(has_end ? 1 : 2);
    if (line.starts_with(' ')) line.remove_prefix(1);
    auto bytes = WD_TRY(unescaped(line));
    if (has_end) bytes += "\r\n";
    if (one->messages.empty() || one->messages.back().is_client != is_client) one->messages.push_back({is_client, {}});
    one->messages.back().bytes += bytes;
    return {};
  }

  std::vector<RuleCases> all_;
};

}  // namespace

Result<std::vector<RuleCases>> parse_cases(std::string_view text) {
  Parser parser;
  std::size_t number = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    WD_TRY(parser.take(line, number).in("line " + std::to_string(number)));
  }
  return parser.finish();
}

}  // namespace warder::ips
