#include "engines/ips/app/smtp.h"

#include <algorithm>
#include <array>
#include <deque>

#include "engines/ips/app/mail_transaction.h"
#include "engines/ips/app/text_line.h"

namespace warder::ips::app {
namespace {

enum Event : std::uint8_t {
  InvalidReply,
  UnableToMatchReply,
  MaxCommandLine,
  MaxReplyLine,
  InvalidPipelinedSequence,
  BdatChunkLength,
  NoServerWelcome,
  TlsRejected,
  DataCommandRejected,
  FirstMimeEvent,
};
constexpr std::array<std::string_view, 18> kEvents = {
    "invalid_reply", "unable_to_match_reply_with_request", "max_command_line_len_exceeded",
    "max_reply_line_len_exceeded", "invalid_pipelined_sequence", "bdat_chunk_len_exceeded", "no_server_welcome_message",
    "tls_rejected", "data_command_rejected",
    // in the order of MimeOddity
    "mime_long_boundary", "mime_long_header_name", "mime_long_header_value", "mime_long_line", "mime_long_enc_line",
    "mime_invalid_base64", "mime_invalid_qp", "duplicate_fields", "mime_too_deep"};

constexpr std::size_t kMaxCommandLine = 510;  // RFC 5321 §4.5.3.1.4, less the line end
constexpr std::size_t kMaxLine = 4096;        // longer lines are taken in pieces of this size
constexpr std::size_t kMaxOpenCommands = 1024;

enum class Command : std::uint8_t { Other, Helo, StartTls, Data, Bdat, Quit, Rset };

class SmtpParser final : public Parser {
 public:
  explicit SmtpParser(const Limits& limits) : limits_(limits) {}

  Fed feed(Direction direction, ByteView bytes) override {
    std::string_view left = as_text(bytes);
    while (!left.empty()) {
      if (direction == Direction::ToServer && chunk_left_ > 0) {
        left.remove_prefix(take_chunk(left));
        continue;
      }
      const auto line = find_line(left);
      const bool is_long = line ? line->size > kMaxLine + 2 : left.size() > kMaxLine + 2;
      if (!line && !is_long) break;
      const std::string_view text = is_long ? left.substr(0, kMaxLine) : line->text;
      left.remove_prefix(is_long ? kMaxLine : line->size);
      if (direction == Direction::ToServer) {
        take_client_line(text, is_long);
      } else {
        take_reply(text, is_long);
      }
      is_continuing_[index(direction)] = is_long;
      if (std::exchange(starts_tls_, false)) {
        for (std::size_t i = 0; i < transactions_.size(); ++i) complete_both(transactions_[i]);
        return Fed::restart(bytes.size() - left.size(), Protocol::Tls);
      }
    }
    return Fed::ok(bytes.size() - left.size());
  }

  void end(Direction direction, ByteView rest) override {
    if (!rest.empty() && direction == Direction::ToServer && is_in_data_) transaction().take_line(as_text(rest));
    if (direction == Direction::ToServer && is_in_data_) transaction().finish_message();
    for (std::size_t i = 0; i < transactions_.size(); ++i) transactions_[i].complete(direction);
  }

 private:
  static void complete_both(Transaction& transaction) {
    transaction.complete(Direction::ToServer);
    transaction.complete(Direction::ToClient);
  }

  MailTransaction* find() {
    for (std::size_t i = 0; has_transaction_ && i < transactions_.size(); ++i) {
      if (transactions_[i].id == transaction_) return static_cast<MailTransaction*>(&transactions_[i]);
    }
    return nullptr;
  }

  MailTransaction& transaction() {
    if (MailTransaction* found = find()) return *found;
    auto made = std::make_unique<MailTransaction>(limits_, Direction::ToServer);
    made->set_first_event(FirstMimeEvent);
    auto& added = static_cast<MailTransaction&>(transactions_.add(std::move(made)));
    transaction_ = added.id;
    has_transaction_ = true;
    if (!helo_.empty()) added.put(BufferId::SmtpHelo, Direction::ToServer, helo_);
    return added;
  }

  void take_client_line(std::string_view line, bool is_long) {
    if (is_in_data_) {
      if (line == "." && !is_continuing_[0] && !is_long) {
        finish_mail();
      } else {
        // RFC 5321 §4.5.2: a leading dot is doubled.
        transaction().take_line(line.starts_with('.') && !is_continuing_[0] ? line.substr(1) : line);
      }
      return;
    }
    if (is_continuing_[0]) return;  // the rest of a command that is too long
    take_command(line);
  }

  void finish_mail() {
    is_in_data_ = false;
    MailTransaction& tx = transaction();
    tx.finish_message();
    tx.complete(Direction::ToServer);
    is_mail_done_ = true;
    push(Command::Other);
  }

  void push(Command command) {
    if (open_.size() < kMaxOpenCommands) open_.push_back(command);
  }

  void take_command(std::string_view line) {
    const std::string_view word = line.substr(0, line.find_first_of(" :"));
    const auto is = [&](std::string_view name) { return equals_ignoring_case(word, name); };
    const bool is_farewell = is("QUIT") || is("RSET") || is("NOOP");
    if (is_mail_done_ && !is_farewell) start_new_mail();
    MailTransaction* tx = is_mail_done_ && is_farewell ? find() : &transaction();
    if (tx != nullptr) {
      tx->put(BufferId::EmailCommand, Direction::ToServer, line);
      if (line.size() > kMaxCommandLine) tx->raise(MaxCommandLine, Direction::ToServer);
    }
    if (is("HELO") || is("EHLO")) {
      helo_ = trim(line.substr(word.size()));
      if (tx != nullptr) tx->put_if_any(BufferId::SmtpHelo, Direction::ToServer, helo_);
      push(Command::Helo);
    } else if (is("MAIL")) {
      put_address(BufferId::SmtpMailFrom, line, "MAIL FROM:", tx);
      push(Command::Other);
    } else if (is("RCPT")) {
      put_address(BufferId::SmtpRcptTo, line, "RCPT TO:", tx);
      push(Command::Other);
    } else if (is("DATA")) {
      is_in_data_ = true;
      push(Command::Data);
    } else if (is("BDAT")) {
      take_bdat(line);
    } else {
      push(is("STARTTLS") ? Command::StartTls
           : is("QUIT")   ? Command::Quit
           : is("RSET")   ? Command::Rset
                          : Command::Other);
    }
  }

  static void put_address(BufferId buffer, std::string_view line, std::string_view start, MailTransaction* tx) {
    if (tx == nullptr || !starts_ignoring_case(line, start)) return;
    const std::string_view rest = trim(line.substr(start.size()));
    tx->put_if_any(buffer, Direction::ToServer, rest.substr(0, rest.find(' ')));
  }

  // RFC 3030: "BDAT size [LAST]" with the bytes right behind it.
  void take_bdat(std::string_view line) {
    const std::string_view argument = trim(line.substr(4));
    const auto size = find_decimal(argument.substr(0, argument.find(' ')));
    chunk_left_ = size.value_or(0);
    is_last_chunk_ = argument.find(' ') != std::string_view::npos;
    push(Command::Bdat);
    if (chunk_left_ == 0 && is_last_chunk_) finish_chunks();
  }

  std::size_t take_chunk(std::string_view bytes) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), chunk_left_);
    chunk_left_ -= static_cast<std::uint32_t>(size);
    chunk_text_ += bytes.substr(0, size);
    std::string_view left = chunk_text_;
    while (const auto line = find_line(left)) {
      transaction().take_line(line->text.substr(0, kMaxLine));
      left.remove_prefix(line->size);
    }
    if (left.size() > kMaxLine) left = left.substr(left.size() - kMaxLine);
    chunk_text_ = std::string{left};
    if (chunk_left_ == 0 && is_last_chunk_) finish_chunks();
    return size;
  }

  void finish_chunks() {
    if (!chunk_text_.empty()) transaction().take_line(chunk_text_);
    chunk_text_.clear();
    MailTransaction& tx = transaction();
    tx.finish_message();
    tx.complete(Direction::ToServer);
    is_mail_done_ = true;
  }

  void start_new_mail() {
    if (MailTransaction* old = find()) complete_both(*old);
    has_transaction_ = false;
    is_mail_done_ = false;
  }

  void raise(Event event) {
    if (MailTransaction* tx = find()) {
      tx->raise(event, Direction::ToClient);
    } else {
      transaction().raise(event, Direction::ToClient);
    }
  }

  void take_reply(std::string_view line, bool is_long) {
    if (is_continuing_[1]) return;
    if (line.size() > kMaxCommandLine || is_long) raise(MaxReplyLine);
    const auto code = find_decimal(line.substr(0, 3));
    if (line.size() < 3 || !code) {
      raise(InvalidReply);
      return;
    }
    if (line.size() > 3 && line[3] == '-') return;  // more lines of this reply follow
    if (!has_greeted_) {
      has_greeted_ = true;
      if (*code == 220) return;
      raise(NoServerWelcome);
    }
    if (open_.empty()) {
      if (*code != 421) raise(UnableToMatchReply);  // a server may say so at any time
      return;
    }
    const Command command = open_.front();
    open_.pop_front();
    answer(command, *code);
  }

  void answer(Command command, std::uint32_t code) {
    switch (command) {
      case Command::StartTls:
        if (code == 220) {
          starts_tls_ = true;
        } else {
          raise(TlsRejected);
        }
        break;
      case Command::Data:
        if (code != 354) {
          raise(DataCommandRejected);
          is_in_data_ = false;
        }
        break;
      case Command::Quit:
        for (std::size_t i = 0; i < transactions_.size(); ++i) complete_both(transactions_[i]);
        break;
      case Command::Rset:
        if (!is_mail_done_) start_new_mail();
        break;
      case Command::Other:
      case Command::Bdat:
      case Command::Helo:
        if (is_mail_done_ && open_.empty()) {
          if (MailTransaction* tx = find()) tx->complete(Direction::ToClient);
        }
        break;
    }
  }

  const Limits& limits_;
  std::string helo_;
  std::deque<Command> open_;  // sent, not answered
  std::uint64_t transaction_ = 0;
  bool has_transaction_ = false;
  bool is_mail_done_ = false;
  bool is_in_data_ = false;
  bool has_greeted_ = false;
  bool starts_tls_ = false;
  bool is_continuing_[2] = {false, false};
  std::uint32_t chunk_left_ = 0;
  bool is_last_chunk_ = false;
  std::string chunk_text_;
};

Probe probe_smtp(Direction direction, ByteView bytes, const ProbeHint& hint) {
  const std::string_view text = as_text(bytes);
  if (direction == Direction::ToClient) {
    if (!std::string_view{"220"}.starts_with(text.substr(0, 3))) return Probe::No;
    const std::string greeting = lower(text.substr(0, 512));
    if (greeting.find("smtp") != std::string::npos) return Probe::Yes;
    return greeting.find("ftp") != std::string::npos || text.size() > 1024 ? Probe::No : Probe::More;
  }
  static constexpr std::array<std::string_view, 4> kStarts = {"EHLO ", "HELO ", "EHLO\r", "MAIL FROM:"};
  for (const std::string_view start : kStarts) {
    if (starts_ignoring_case(text, start)) return Probe::Yes;
    if (text.size() < start.size() && starts_ignoring_case(start, text)) return Probe::More;
  }
  const bool is_mail_port = hint.server_port == 25 || hint.server_port == 587;
  return is_mail_port && starts_ignoring_case(text, "QUIT") ? Probe::Yes : Probe::No;
}

}  // namespace

const ParserInfo& smtp_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Smtp,
                                    true,
                                    false,
                                    probe_smtp,
                                    [](const Limits& limits, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<SmtpParser>(limits);
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
