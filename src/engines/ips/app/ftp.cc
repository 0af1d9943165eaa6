#include "engines/ips/app/ftp.h"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "engines/ips/app/field_transaction.h"
#include "engines/ips/app/text_line.h"

namespace warder::ips::app {
namespace {

enum Event : std::uint8_t { RequestCommandTooLong, ResponseCommandTooLong, TooManyTransactions };
constexpr std::array<std::string_view, 3> kEvents = {"request_command_too_long", "response_command_too_long",
                                                     "too_many_transactions"};

constexpr std::size_t kMaxLine = 4096;
constexpr std::uint64_t kActive = 0;
constexpr std::uint64_t kPassive = 1;

class FtpTransaction final : public FieldTransaction {
 public:
  bool is_bounce = false;  // PORT or EPRT names another host than the client
};

class FtpDataTransaction final : public FieldTransaction {
 public:
  std::string command;
};

struct Endpoint {
  std::optional<IpAddress> address;  // as the message names it
  std::uint16_t port = 0;
};

// "192,0,2,1,4,1", wherever it begins in the text.
std::optional<Endpoint> find_port_argument(std::string_view text) {
  std::array<std::uint32_t, 6> numbers{};
  const std::size_t start = text.find_first_of("0123456789");
  if (start == std::string_view::npos) return std::nullopt;
  text = text.substr(start);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = find_decimal(text.substr(0, end));
    if (!number || *number > 255) return std::nullopt;
    numbers[i] = *number;
    if (i + 1 == numbers.size()) break;
    if (end >= text.size() || text[end] != ',') return std::nullopt;
    text = text.substr(end + 1);
  }
  Endpoint endpoint;
  endpoint.port = static_cast<std::uint16_t>(numbers[4] << 8U | numbers[5]);
  endpoint.address = IpAddress::v4(numbers[0] << 24U | numbers[1] << 16U | numbers[2] << 8U | numbers[3]);
  return endpoint;
}

// "|1|192.0.2.1|1025|" and "(|||1025|)": the first printable character delimits.
std::optional<Endpoint> find_extended_argument(std::string_view text) {
  if (const std::size_t open = text.find('('); open != std::string_view::npos) text = text.substr(open + 1);
  text = trim(text);
  if (text.empty()) return std::nullopt;
  const char mark = text.front();
  std::array<std::string_view, 3> parts;
  text.remove_prefix(1);
  for (std::string_view& part : parts) {
    const std::size_t end = text.find(mark);
    if (end == std::string_view::npos) return std::nullopt;
    part = text.substr(0, end);
    text = text.substr(end + 1);
  }
  const auto port = find_decimal(parts[2]);
  if (!port || *port == 0 || *port > 65535) return std::nullopt;
  Endpoint endpoint;
  endpoint.port = static_cast<std::uint16_t>(*port);
  if (const auto address = parse_ip(parts[1])) endpoint.address = *address;
  return endpoint;
}

bool moves_file(std::string_view command) {
  static constexpr std::array<std::string_view, 7> kCommands = {"RETR", "STOR", "APPE", "STOU", "LIST", "NLST", "MLSD"};
  return std::find(kCommands.begin(), kCommands.end(), command) != kCommands.end();
}

class FtpParser final : public Parser {
 public:
  FtpParser(const Limits& limits, FlowInfo flow) : limits_(limits), flow_(std::move(flow)) {}

  Fed feed(Direction direction, ByteView bytes) override {
    std::string_view left = as_text(bytes);
    bool& is_skipping = is_skipping_[index(direction)];
    while (!left.empty()) {
      const auto line = find_line(left);
      if (!line) {
        if (left.size() > kMaxLine + 2) {  // surely longer, whatever its end
          if (!is_skipping) take_line(direction, left.substr(0, kMaxLine), true);
          is_skipping = true;
          return Fed::ok(bytes.size());
        }
        break;
      }
      left.remove_prefix(line->size);
      if (std::exchange(is_skipping, false)) continue;
      take_line(direction, line->text.substr(0, kMaxLine), line->text.size() > kMaxLine);
      if (starts_tls_) {
        starts_tls_ = false;
        return Fed::restart(bytes.size() - left.size(), Protocol::Tls);
      }
    }
    return Fed::ok(bytes.size() - left.size());
  }

  void end(Direction direction, ByteView rest) override {
    if (!rest.empty()) take_line(direction, as_text(rest).substr(0, kMaxLine), false);
    for (std::size_t i = 0; i < transactions_.size(); ++i) transactions_[i].complete(direction);
  }

 private:
  FtpTransaction* find(std::uint64_t id) {
    for (std::size_t i = 0; i < transactions_.size(); ++i) {
      if (transactions_[i].id == id) return static_cast<FtpTransaction*>(&transactions_[i]);
    }
    return nullptr;
  }

  void take_line(Direction direction, std::string_view line, bool is_cut) {
    if (direction == Direction::ToServer) {
      take_command(line, is_cut);
    } else {
      take_reply(line, is_cut);
    }
  }

  void take_command(std::string_view line, bool is_cut) {
    if (trim(line).empty()) return;
    auto made = std::make_unique<FtpTransaction>();
    const std::size_t space = line.find(' ');
    const std::string command{line.substr(0, space)};
    const std::string_view argument =
        space == std::string_view::npos ? std::string_view{} : trim(line.substr(space + 1));
    made->put(BufferId::FtpCommand, Direction::ToServer, command);
    made->put_if_any(BufferId::FtpCommandData, Direction::ToServer, argument);
    if (is_cut) made->raise(RequestCommandTooLong, Direction::ToServer);
    std::string upper = lower(command);
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (upper == "PORT" || upper == "EPRT") take_active(upper == "PORT", argument, *made);
    if (moves_file(upper)) {
      if (data_ == nullptr) data_ = std::make_shared<FtpDataContext>();
      data_->command = upper;
      data_->file_name = argument;
    }
    made->complete(Direction::ToServer);
    auto& added = transactions_.add(std::move(made));
    if (open_.size() >= limits_.max_transactions) {
      if (!std::exchange(is_crowded_, true)) added.raise(TooManyTransactions, Direction::ToServer);
      if (FtpTransaction* oldest = find(open_.front().id)) oldest->complete(Direction::ToClient);
      open_.pop_front();
    }
    open_.push_back({added.id, upper});
  }

  void take_active(bool is_port, std::string_view argument, FtpTransaction& transaction) {
    const auto endpoint = is_port ? find_port_argument(argument) : find_extended_argument(argument);
    if (!endpoint) return;
    transaction.is_bounce = endpoint->address && !(*endpoint->address == flow_.client);
    transaction.put(NumberId::FtpMode, Direction::ToServer, kActive);
    transaction.put(NumberId::FtpDynamicPort, Direction::ToServer, endpoint->port);
    expect(flow_.client, endpoint->port);
  }

  void take_passive(std::string_view text, bool is_extended, FtpTransaction& transaction) {
    const auto endpoint = is_extended ? find_extended_argument(text) : find_port_argument(text);
    if (!endpoint) return;
    transaction.put(NumberId::FtpMode, Direction::ToClient, kPassive);
    transaction.put(NumberId::FtpDynamicPort, Direction::ToClient, endpoint->port);
    // Behind an address translation the address named is not the one that is used.
    expect(flow_.server, endpoint->port);
  }

  void expect(const IpAddress& listener, std::uint16_t port) {
    data_ = std::make_shared<FtpDataContext>();
    Expectation expectation;
    expectation.server = listener;
    expectation.port = port;
    expectation.protocol = Protocol::FtpData;
    expectation.context = data_;
    expectations_.push_back(std::move(expectation));
  }

  void take_reply(std::string_view line, bool is_cut) {
    if (line.empty()) return;
    const bool has_code = line.size() >= 3 && find_decimal(line.substr(0, 3)).has_value();
    const bool is_last = has_code && (line.size() == 3 || line[3] != '-');
    if (!has_greeted_) {
      // The greeting answers no command.
      auto greeting = std::make_unique<FtpTransaction>();
      put_reply(line, has_code, is_cut, *greeting);
      greeting->complete_only(Direction::ToClient);
      transactions_.add(std::move(greeting));
      has_greeted_ = is_last;
      return;
    }
    if (open_.empty()) return;
    FtpTransaction* transaction = find(open_.front().id);
    if (transaction != nullptr) {
      put_reply(line, has_code, is_cut, *transaction);
      if (line.starts_with("227")) take_passive(line.substr(3), false, *transaction);
      if (line.starts_with("229")) take_passive(line.substr(3), true, *transaction);
    }
    if (!is_last || line.front() == '1') return;  // 1xx: the command goes on
    if (open_.front().command == "AUTH" && line.starts_with("234")) starts_tls_ = true;
    if (transaction != nullptr) transaction->complete(Direction::ToClient);
    open_.pop_front();
    is_crowded_ = is_crowded_ && open_.size() >= limits_.max_transactions;
  }

  static void put_reply(std::string_view line, bool has_code, bool is_cut, FtpTransaction& transaction) {
    const Direction to_client = Direction::ToClient;
    if (is_cut) transaction.raise(ResponseCommandTooLong, to_client);
    if (has_code) transaction.put(BufferId::FtpCompletionCode, to_client, line.substr(0, 3));
    transaction.put(BufferId::FtpReply, to_client,
                    has_code ? trim(line.substr(std::min<std::size_t>(4, line.size()))) : line);
    if (!transaction.number(NumberId::FtpReplyReceived, to_client, 0)) {
      transaction.put(NumberId::FtpReplyReceived, to_client, 1);
    }
  }

  struct Open {
    std::uint64_t id = 0;
    std::string command;
  };

  const Limits& limits_;
  FlowInfo flow_;
  std::deque<Open> open_;    // commands without a final reply, oldest first
  bool is_crowded_ = false;  // too many of them: said once until there are fewer
  std::shared_ptr<FtpDataContext> data_;
  bool has_greeted_ = false;
  bool starts_tls_ = false;
  bool is_skipping_[2] = {false, false};
};

class FtpDataParser final : public Parser {
 public:
  FtpDataParser(const Limits& limits, const FlowInfo& flow)
      : limits_(limits), context_(std::static_pointer_cast<const FtpDataContext>(flow.context)) {}

  Fed feed(Direction direction, ByteView bytes) override {
    FtpDataTransaction& tx = sole_.get(transactions_);
    File* file = tx.newest_file(direction);
    if (file == nullptr) {
      if (context_ != nullptr) tx.command = lower(context_->command);
      tx.set_only(direction);
      file = &tx.add_file(direction, std::make_unique<File>(context_ != nullptr ? context_->file_name : std::string{},
                                                            limits_, limits_.file_bytes));
    }
    file->append(bytes);
    tx.touch(direction);
    return Fed::ok(bytes.size());
  }

  bool gap(Direction direction, std::uint64_t /*bytes*/) override {
    if (!sole_.is_made()) return true;
    if (File* file = sole_.get(transactions_).newest_file(direction)) file->truncate();
    return false;
  }

  void end(Direction direction, ByteView /*rest*/) override {
    if (!sole_.is_made()) return;
    FtpDataTransaction& tx = sole_.get(transactions_);
    if (File* file = tx.newest_file(direction)) file->close();
    tx.complete(direction);
  }

 private:
  const Limits& limits_;
  std::shared_ptr<const FtpDataContext> context_;
  SoleTransaction<FtpDataTransaction> sole_;
};

Probe probe_ftp(Direction direction, ByteView bytes, const ProbeHint& hint) {
  const std::string_view text = as_text(bytes);
  const auto line = find_line(text);
  if (direction == Direction::ToClient) {
    if (!std::string_view{"220"}.starts_with(text.substr(0, 3))) return Probe::No;
    const std::string greeting = lower(text.substr(0, 512));
    if (greeting.find("ftp") != std::string::npos) return Probe::Yes;
    return greeting.find("smtp") != std::string::npos || text.size() > 1024 ? Probe::No : Probe::More;
  }
  const std::string_view first = line ? line->text : text;
  static constexpr std::array<std::string_view, 3> kLogins = {"USER ", "PASS ", "PORT "};
  for (const std::string_view login : kLogins) {
    if (!starts_ignoring_case(first, login)) continue;
    if (hint.server_port == 110 || hint.server_port == 6667) return Probe::No;
    if (!line) return first.size() < 512 ? Probe::More : Probe::No;
    return std::count(first.begin(), first.end(), ' ') <= 2 ? Probe::Yes : Probe::No;  // IRC's USER has four words
  }
  if (hint.server_port == 21) {
    static constexpr std::array<std::string_view, 6> kOthers = {"AUTH TLS", "AUTH SSL", "FEAT",
                                                                "SYST",     "OPTS ",    "PASV"};
    const auto fits = [&](std::string_view word) { return starts_ignoring_case(first, word); };
    if (std::any_of(kOthers.begin(), kOthers.end(), fits)) return Probe::Yes;
  }
  return !line && text.size() < 5 ? Probe::More : Probe::No;
}

class BounceCondition final : public Condition {
 public:
  [[nodiscard]] bool matches(Transaction& transaction, Direction direction, std::int64_t /*now*/) const override {
    const auto* ftp = dynamic_cast<const FtpTransaction*>(&transaction);
    return ftp != nullptr && direction == Direction::ToServer && ftp->is_bounce;
  }
};

Result<std::unique_ptr<const Condition>> parse_bounce(std::string_view argument) {
  if (!trim(argument).empty()) return fail(ErrorCode::Invalid, "takes no argument");
  return std::make_unique<const BounceCondition>();
}

class DataCommandCondition final : public Condition {
 public:
  explicit DataCommandCondition(std::string command) : command_(std::move(command)) {}
  [[nodiscard]] bool matches(Transaction& transaction, Direction /*direction*/, std::int64_t /*now*/) const override {
    const auto* data = dynamic_cast<const FtpDataTransaction*>(&transaction);
    return data != nullptr && data->command == command_;
  }

 private:
  std::string command_;
};

Result<std::unique_ptr<const Condition>> parse_data_command(std::string_view argument) {
  std::string command = lower(trim(argument));
  if (command != "retr" && command != "stor") return fail(ErrorCode::Invalid, "takes retr or stor");
  return std::make_unique<const DataCommandCondition>(std::move(command));
}

}  // namespace

const ParserInfo& ftp_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Ftp,
                                    true,
                                    false,
                                    probe_ftp,
                                    [](const Limits& limits, const FlowInfo& flow) -> std::unique_ptr<Parser> {
                                      return std::make_unique<FtpParser>(limits, flow);
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

const ParserInfo& ftp_data_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::FtpData,
                                    true,
                                    false,
                                    nullptr,
                                    [](const Limits& limits, const FlowInfo& flow) -> std::unique_ptr<Parser> {
                                      return std::make_unique<FtpDataParser>(limits, flow);
                                    },
                                    {},
                                    0};
  return kInfo;
}

std::span<const ConditionRow> ftp_conditions() noexcept {
  static constexpr ConditionRow kRows[] = {
      {"ftpbounce", "", Protocol::Ftp, Direction::ToServer, parse_bounce, "PORT names another host than the client"},
      {"ftpdata_command", "", Protocol::FtpData, std::nullopt, parse_data_command,
       "command that moves the file: retr, stor"},
  };
  return kRows;
}

}  // namespace warder::ips::app
