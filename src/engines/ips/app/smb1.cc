#include <algorithm>

#include "engines/ips/app/cursor.h"
#include "engines/ips/app/ntlmssp.h"
#include "engines/ips/app/smb_dialects.h"
#include "engines/ips/app/wide_text.h"

namespace warder::ips::app {
namespace {

constexpr std::uint8_t kClose = 0x04;
constexpr std::uint8_t kWrite = 0x0b;
constexpr std::uint8_t kTransaction = 0x25;
constexpr std::uint8_t kOpenAndx = 0x2d;
constexpr std::uint8_t kReadAndx = 0x2e;
constexpr std::uint8_t kWriteAndx = 0x2f;
constexpr std::uint8_t kSessionSetupAndx = 0x73;
constexpr std::uint8_t kTreeConnectAndx = 0x75;
constexpr std::uint8_t kNtCreateAndx = 0xa2;
constexpr std::uint8_t kNoAndx = 0xff;

constexpr std::uint16_t kTransactNamedPipe = 0x26;
constexpr std::uint16_t kUnicode = 0x8000;

struct Message {
  ByteView bytes;  // from the header on
  std::uint8_t command = 0;
  std::uint32_t status = 0;
  bool is_wide = false;
  std::uint64_t tree = 0;
  std::uint64_t key = 0;
  ByteView words;
  ByteView data;            // the byte block
  std::size_t data_at = 0;  // offset of the byte block in the message
};

ByteView part(const Message& message, std::size_t offset, std::size_t size) {
  if (offset >= message.bytes.size()) return {};
  return message.bytes.subspan(offset, std::min(size, message.bytes.size() - offset));
}

std::string fid_of(std::uint16_t fid) {
  return {static_cast<char>(fid & 0xffU), static_cast<char>(fid >> 8U)};
}

// A string of the byte block at `at`; wide ones stand at even offsets of the message. Moves `at` behind its end.
std::string text_at(const Message& message, std::size_t& at, bool is_wide) {
  if (is_wide && (message.data_at + at) % 2 != 0) ++at;
  if (at >= message.data.size()) return {};
  const ByteView rest = message.data.subspan(at);
  if (!is_wide) {
    const std::string_view text = as_text(rest).substr(0, as_text(rest).find('\0'));
    at += text.size() + 1;
    return std::string{text};
  }
  std::size_t size = 0;
  while (size + 1 < rest.size() && (rest[size] != 0 || rest[size + 1] != 0)) size += 2;
  at += size + 2;
  return from_utf16le(rest.first(size));
}

void ask_tree_connect(const Message& message, SmbTransaction& transaction) {
  Cursor words{message.words};
  words.skip(6);
  std::size_t at = words.le16();  // behind the password
  if (!words.is_ok()) return;
  transaction.is_tree_connect = true;
  transaction.share = text_at(message, at, message.is_wide);
  // The service that is asked for is always plain text.
  const std::string service = text_at(message, at, false);
  if (service == "IPC") transaction.put(BufferId::SmbNamedPipe, Direction::ToServer, transaction.share);
}

void ask_create(const Message& message, SmbState& state) {
  std::size_t at = 0;
  state.remember_name(message.key, text_at(message, at, message.is_wide), message.tree);
}

bool ask_write(Direction direction, const Message& message, SmbState& state) {
  Cursor words{message.words};
  if (message.command == kWrite) {
    const std::uint16_t fid = words.le16();
    const std::size_t size = words.le16();
    const std::uint64_t offset = words.le32();
    if (!words.is_ok()) return false;
    const ByteView data = message.data.size() > 3 ? message.data.subspan(3) : ByteView{};
    state.move_data(direction, fid_of(fid), message.tree, offset, data.first(std::min(size, data.size())));
    return true;
  }
  words.skip(4);
  const std::uint16_t fid = words.le16();
  std::uint64_t offset = words.le32();
  words.skip(8);
  const std::size_t high = words.le16();
  const std::size_t low = words.le16();
  const std::size_t at = words.le16();
  if (!words.is_ok()) return false;
  if (words.remaining() >= 4) offset |= static_cast<std::uint64_t>(words.le32()) << 32U;
  state.move_data(direction, fid_of(fid), message.tree, offset, part(message, at, high << 16U | low));
  return true;
}

void ask_read(const Message& message, SmbState& state) {
  Cursor words{message.words};
  words.skip(4);
  SmbState::PendingRead read;
  read.handle = fid_of(words.le16());
  read.offset = words.le32();
  words.skip(10);
  if (!words.is_ok()) return;
  if (words.remaining() >= 4) read.offset |= static_cast<std::uint64_t>(words.le32()) << 32U;
  read.tree = message.tree;
  state.remember_read(message.key, std::move(read));
}

// TransactNmPipe: DCE/RPC in the data block of a transaction.
void ask_transaction(Direction direction, const Message& message, SmbState& state) {
  Cursor words{message.words};
  words.skip(22);
  const std::size_t size = words.le16();
  const std::size_t offset = words.le16();
  const std::size_t setup = words.u8();
  words.skip(1);
  const std::uint16_t function = words.le16();
  const std::uint16_t fid = words.le16();
  if (!words.is_ok() || setup < 2 || function != kTransactNamedPipe) return;
  state.remember_read(message.key, {fid_of(fid), 0, message.tree});
  state.move_pipe(direction, fid_of(fid), message.tree, part(message, offset, size));
}

SmbTaken take_request(Direction direction, const Message& message, SmbState& state) {
  SmbTaken taken;
  if (message.command == kWriteAndx || message.command == kWrite) {
    taken.moves_data = taken.is_ok = ask_write(direction, message, state);
    return taken;
  }
  SmbTransaction& transaction = state.open_request(message.key, 1);
  switch (message.command) {
    case kSessionSetupAndx:
      if (const auto user = find_ntlmssp_user(message.data)) {
        transaction.put_if_any(BufferId::SmbNtlmsspUser, direction, user->user);
        transaction.put_if_any(BufferId::SmbNtlmsspDomain, direction, user->domain);
      }
      break;
    case kTreeConnectAndx:
      ask_tree_connect(message, transaction);
      return taken;
    case kNtCreateAndx:
    case kOpenAndx:
      ask_create(message, state);
      break;
    case kReadAndx:
      ask_read(message, state);
      break;
    case kTransaction:
      ask_transaction(direction, message, state);
      break;
    case kClose: {
      Cursor words{message.words};
      const std::uint16_t fid = words.le16();
      if (words.is_ok()) state.close_handle(fid_of(fid));
      break;
    }
    default:
      break;
  }
  transaction.complete(direction);
  return taken;
}

void answer_tree_connect(const Message& message, SmbState& state) {
  std::size_t at = 0;
  const bool is_pipe = text_at(message, at, false) == "IPC";
  state.set_pipe_tree(message.tree, is_pipe);
  SmbTransaction* transaction = state.find_request(message.key);
  if (transaction == nullptr || transaction->has(BufferId::SmbNamedPipe)) return;
  transaction->put(is_pipe ? BufferId::SmbNamedPipe : BufferId::SmbShare, Direction::ToServer, transaction->share);
}

bool answer_read(Direction direction, const Message& message, SmbState& state) {
  const auto read = state.take_read(message.key);
  Cursor words{message.words};
  words.skip(10);
  const std::size_t low = words.le16();
  const std::size_t at = words.le16();
  const std::size_t high = words.le16();
  if (!read || !words.is_ok()) return false;
  state.move_data(direction, read->handle, read->tree, read->offset, part(message, at, high << 16U | low));
  return true;
}

void answer_transaction(Direction direction, const Message& message, SmbState& state) {
  const auto read = state.take_read(message.key);
  Cursor words{message.words};
  words.skip(12);
  const std::size_t size = words.le16();
  const std::size_t offset = words.le16();
  if (read && words.is_ok()) state.move_pipe(direction, read->handle, read->tree, part(message, offset, size));
}

SmbTaken take_response(Direction direction, const Message& message, SmbState& state) {
  SmbTaken taken;
  if (SmbTransaction* transaction = state.find_request(message.key)) {
    transaction->put(NumberId::SmbNtStatus, direction, message.status);
  }
  Cursor words{message.words};
  switch (message.command) {
    case kTreeConnectAndx:
      answer_tree_connect(message, state);
      break;
    case kNtCreateAndx: {
      words.skip(5);
      const std::uint16_t fid = words.le16();
      if (words.is_ok()) state.open_handle(message.key, fid_of(fid));
      break;
    }
    case kOpenAndx: {
      words.skip(4);
      const std::uint16_t fid = words.le16();
      if (words.is_ok()) state.open_handle(message.key, fid_of(fid));
      break;
    }
    case kReadAndx:
      taken.moves_data = answer_read(direction, message, state);
      break;
    case kTransaction:
      answer_transaction(direction, message, state);
      break;
    default:
      break;
  }
  state.close_request(message.key);
  return taken;
}

bool has_andx(std::uint8_t command) {
  return command == kOpenAndx || command == kReadAndx || command == kWriteAndx || command == kSessionSetupAndx ||
         command == kTreeConnectAndx || command == kNtCreateAndx || command == 0x24 || command == 0x74;
}

}  // namespace

SmbTaken take_smb1(Direction direction, ByteView bytes, SmbState& state) {
  Cursor in{bytes};
  Message message;
  message.bytes = bytes;
  in.skip(4);
  message.command = in.u8();
  message.status = in.le32();
  const bool is_response = (in.u8() & 0x80U) != 0;
  message.is_wide = (in.le16() & kUnicode) != 0;
  in.skip(12);
  message.tree = in.le16();
  in.skip(2);  // process
  const std::uint64_t user = in.le16();
  const std::uint64_t multiplex = in.le16();
  if (!in.is_ok()) return {false, false};
  static_cast<void>(user);
  SmbTaken taken;
  for (int chained = 0; chained < 8; ++chained) {
    message.words = in.take(static_cast<std::size_t>(in.u8()) * 2);
    const std::size_t size = in.le16();
    if (!in.is_ok()) return {chained > 0, taken.moves_data};
    message.data_at = in.offset() + (bytes.size() - message.bytes.size());
    message.data = in.rest().first(std::min(size, in.remaining()));
    message.key = 1ULL << 63U | static_cast<std::uint64_t>(message.command) << 16U | multiplex;
    taken = is_response ? take_response(direction, message, state) : take_request(direction, message, state);
    if (!taken.is_ok || !has_andx(message.command) || message.words.size() < 4) break;
    Cursor andx{message.words};
    const std::uint8_t next = andx.u8();
    andx.skip(1);
    const std::size_t at = andx.le16();
    if (next == kNoAndx || at <= in.offset() - message.words.size() || at >= bytes.size()) break;
    message.command = next;
    in = Cursor{bytes};
    in.skip(at);
  }
  return taken;
}

}  // namespace warder::ips::app
