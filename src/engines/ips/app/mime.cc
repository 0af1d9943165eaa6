#include "engines/ips/app/mime.h"

#include <algorithm>
#include <array>

#include "engines/ips/app/text_line.h"

namespace warder::ips::app {
namespace {

// The value of `name=` in a field with parameters; quotes removed, RFC 2231's charset and language too.
std::string parameter(std::string_view value, std::string_view name) {
  std::string_view left = value;
  while (true) {
    const std::size_t next = left.find(';');
    if (next == std::string_view::npos) return {};
    left = left.substr(next + 1);
    const std::string_view here = trim(left.substr(0, 4096));
    if (!starts_ignoring_case(here, name)) continue;
    std::string_view rest = here.substr(name.size());
    const bool is_extended = rest.starts_with('*');
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos || rest.substr(0, equals).find_first_of(" ;\"") == 0) continue;
    if (equals != 0 && !is_extended && !trim(rest.substr(0, equals)).empty()) continue;
    rest = trim(rest.substr(equals + 1));
    if (rest.starts_with('"')) return std::string{rest.substr(1, rest.find('"', 1) - 1)};
    std::string_view word = rest.substr(0, rest.find_first_of("; \t\r\n"));
    if (is_extended && std::count(word.begin(), word.end(), '\'') >= 2) {
      word = word.substr(word.find('\'', word.find('\'') + 1) + 1);
    }
    return std::string{word};
  }
}

// Fields that a message has once (RFC 5322 §3.6).
bool is_single_field(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kSingle = {"from", "sender",  "to",         "cc",
                                                              "date", "subject", "message-id", "content-type"};
  return std::any_of(kSingle.begin(), kSingle.end(),
                     [&](std::string_view each) { return equals_ignoring_case(each, name); });
}

}  // namespace

void MimeReader::take_line(std::string_view line) {
  if (line.size() > kMaxLine) sink_.on_oddity(MimeOddity::LongLine);
  if (!open_.empty() && take_boundary(line)) return;
  if (is_in_header_) {
    take_header_line(line);
  } else {
    take_body_line(line);
  }
}

void MimeReader::take_header_line(std::string_view line) {
  if (line.empty()) {
    flush_header();
    end_headers();
    return;
  }
  if (line.front() == ' ' || line.front() == '\t') {
    if (field_.size() + line.size() > kMaxHeaderValue) {
      is_field_cut_ = true;
    } else if (!field_.empty()) {
      field_ += line;
    }
    return;
  }
  flush_header();
  is_field_cut_ = line.size() > kMaxHeaderValue;
  field_ = line.substr(0, kMaxHeaderValue);
}

void MimeReader::flush_header() {
  if (field_.empty()) return;
  const std::string field = std::exchange(field_, {});
  const std::size_t colon = field.find(':');
  if (std::exchange(is_field_cut_, false)) sink_.on_oddity(MimeOddity::LongHeaderValue);
  if (colon == std::string::npos) return;
  const std::string_view name = trim(std::string_view{field}.substr(0, colon));
  if (name.size() > kMaxHeaderName) sink_.on_oddity(MimeOddity::LongHeaderName);
  take_field(name, trim(std::string_view{field}.substr(colon + 1)));
}

void MimeReader::take_field(std::string_view name, std::string_view value) {
  if (is_top_) {
    sink_.on_header(name, value);
    if (is_single_field(name)) {
      std::string key = lower(name);
      if (std::find(seen_.begin(), seen_.end(), key) != seen_.end()) sink_.on_oddity(MimeOddity::DuplicateFields);
      seen_.push_back(std::move(key));
      if (seen_.size() > 64) seen_.pop_back();
    }
  }
  if (equals_ignoring_case(name, "Content-Type")) {
    take_content_type(value);
  } else if (equals_ignoring_case(name, "Content-Transfer-Encoding")) {
    coding_ = equals_ignoring_case(value, "base64")             ? Coding::Base64
              : equals_ignoring_case(value, "quoted-printable") ? Coding::QuotedPrintable
                                                                : Coding::Plain;
  } else if (equals_ignoring_case(name, "Content-Disposition")) {
    std::string file = parameter(value, "filename");
    if (!file.empty()) file_name_ = std::move(file);
    if (file_name_.empty() && starts_ignoring_case(value, "attachment")) file_name_ = "attachment";
  }
}

void MimeReader::take_content_type(std::string_view value) {
  is_text_ = starts_ignoring_case(value, "text/") || value.empty();
  is_message_ = starts_ignoring_case(value, "message/rfc822");
  if (file_name_.empty()) file_name_ = parameter(value, "name");
  if (!starts_ignoring_case(value, "multipart/")) return;
  boundary_ = parameter(value, "boundary");
  if (boundary_.size() > kMaxBoundary) {
    sink_.on_oddity(MimeOddity::LongBoundary);
    boundary_.resize(kMaxBoundary);
  }
}

void MimeReader::end_headers() {
  is_in_header_ = false;
  is_top_ = false;
  if (!boundary_.empty()) {
    if (open_.size() < kMaxDepth) {
      open_.push_back({std::exchange(boundary_, {})});
    } else {
      sink_.on_oddity(MimeOddity::TooDeep);
    }
    is_text_ = false;  // the preamble is no one's text
    file_name_.clear();
    return;
  }
  if (is_message_ && file_name_.empty()) {  // the header of the inner message follows
    is_in_header_ = true;
    is_message_ = false;
    return;
  }
  if (coding_ == Coding::Base64) base64_ = std::make_unique<Base64Decoder>();
  if (!file_name_.empty()) {
    is_file_open_ = true;
    sink_.on_file_start(file_name_);
  }
}

bool MimeReader::take_boundary(std::string_view line) {
  if (!line.starts_with("--")) return false;
  const std::string_view rest = line.substr(2);
  for (std::size_t depth = open_.size(); depth-- > 0;) {
    const std::string& boundary = open_[depth].boundary;
    if (!rest.starts_with(boundary)) continue;
    const std::string_view tail = trim(rest.substr(boundary.size()));
    const bool is_close = tail == "--";
    if (!tail.empty() && !is_close && boundary.size() < kMaxBoundary) continue;
    flush_header();
    end_part();
    open_.resize(is_close ? depth : depth + 1);
    is_in_header_ = !is_close;
    is_text_ = !is_close;
    return true;
  }
  return false;
}

void MimeReader::take_body_line(std::string_view line) {
  if (!is_file_open_ && !is_text_) return;
  Bytes out;
  switch (coding_) {
    case Coding::Plain:
      if (needs_line_end_) out = {'\r', '\n'};
      append(out, as_bytes(line));
      needs_line_end_ = true;
      break;
    case Coding::Base64:
      if (line.size() > kMaxEncodedLine) sink_.on_oddity(MimeOddity::LongEncodedLine);
      if (base64_ != nullptr) base64_->push(line, out);
      break;
    case Coding::QuotedPrintable:
      if (line.size() > kMaxEncodedLine) sink_.on_oddity(MimeOddity::LongEncodedLine);
      if (!decode_quoted_printable_line(line, out)) sink_.on_oddity(MimeOddity::InvalidQuotedPrintable);
      break;
  }
  if (out.empty()) return;
  if (is_file_open_) {
    sink_.on_file_bytes(out);
  } else {
    sink_.on_text(as_text(out));
  }
}

void MimeReader::end_part() {
  if (base64_ != nullptr && base64_->has_seen_junk()) sink_.on_oddity(MimeOddity::InvalidBase64);
  if (std::exchange(is_file_open_, false)) sink_.on_file_end();
  base64_.reset();
  coding_ = Coding::Plain;
  file_name_.clear();
  boundary_.clear();
  is_message_ = false;
  needs_line_end_ = false;
}

void MimeReader::finish() {
  flush_header();
  end_part();
  open_.clear();
}

}  // namespace warder::ips::app
