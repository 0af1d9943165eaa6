#include <algorithm>

#include "engines/ips/app/cursor.h"
#include "engines/ips/app/ntlmssp.h"
#include "engines/ips/app/smb_dialects.h"
#include "engines/ips/app/wide_text.h"

namespace warder::ips::app {
namespace {

constexpr std::uint16_t kSessionSetup = 1;
constexpr std::uint16_t kTreeConnect = 3;
constexpr std::uint16_t kCreate = 5;
constexpr std::uint16_t kClose = 6;
constexpr std::uint16_t kRead = 8;
constexpr std::uint16_t kWrite = 9;
constexpr std::uint16_t kIoctl = 11;
constexpr std::uint16_t kMaxCommand = 18;

constexpr std::uint32_t kIsResponse = 1;
constexpr std::uint32_t kStatusPending = 0x103;
constexpr std::uint32_t kPipeTransceive = 0x0011c017;
constexpr std::uint8_t kSharePipe = 2;

struct Message {
  ByteView bytes;  // from the header on, to the end of this message
  std::uint16_t command = 0;
  std::uint32_t status = 0;
  bool is_response = false;
  std::uint64_t key = 0;  // message id
  std::uint64_t tree = 0;
  std::uint64_t session = 0;
};

// A part of the message named by offset and length; what is there of it.
ByteView part(const Message& message, std::size_t offset, std::size_t size) {
  if (offset >= message.bytes.size()) return {};
  return message.bytes.subspan(offset, std::min(size, message.bytes.size() - offset));
}

std::string file_id(Cursor& in) {
  return std::string{as_text(in.take(16))};
}

void take_session_setup(Direction direction, const Message& message, Cursor in, SmbState& state,
                        SmbTransaction& transaction) {
  in.skip(12);
  const std::size_t offset = in.le16();
  const std::size_t size = in.le16();
  const auto user = find_ntlmssp_user(part(message, offset, size));
  if (!in.is_ok() || !user) return;
  static_cast<void>(state);
  transaction.put_if_any(BufferId::SmbNtlmsspUser, direction, user->user);
  transaction.put_if_any(BufferId::SmbNtlmsspDomain, direction, user->domain);
}

SmbTaken take_request(Direction direction, const Message& message, SmbState& state) {
  Cursor in{message.bytes};
  in.skip(kSmb2Header);
  SmbTaken taken;
  if (message.command == kWrite) {
    in.skip(2);
    const std::size_t offset = in.le16();
    const std::size_t size = in.le32();
    const std::uint64_t at = in.le64();
    const std::string handle = file_id(in);
    if (!in.is_ok()) return {false, false};
    state.move_data(direction, handle, message.tree, at, part(message, offset, size));
    taken.moves_data = true;
    return taken;
  }
  SmbTransaction& transaction = state.open_request(message.key, 2);
  switch (message.command) {
    case kSessionSetup:
      take_session_setup(direction, message, in, state, transaction);
      break;
    case kTreeConnect: {
      in.skip(4);
      const std::size_t offset = in.le16();
      const std::size_t size = in.le16();
      transaction.is_tree_connect = true;
      transaction.share = from_utf16le(part(message, offset, size));
      return taken;  // complete with its response, which tells what kind of share it is
    }
    case kCreate: {
      in.skip(44);
      const std::size_t offset = in.le16();
      const std::size_t size = in.le16();
      state.remember_name(message.key, from_utf16le(part(message, offset, size)), message.tree);
      break;
    }
    case kClose: {
      in.skip(8);
      const std::string handle = file_id(in);
      if (in.is_ok()) state.close_handle(handle);
      break;
    }
    case kRead: {
      in.skip(8);
      SmbState::PendingRead read;
      read.offset = in.le64();
      read.handle = file_id(in);
      read.tree = message.tree;
      if (in.is_ok()) state.remember_read(message.key, std::move(read));
      break;
    }
    case kIoctl: {
      in.skip(4);
      const std::uint32_t code = in.le32();
      const std::string handle = file_id(in);
      const std::size_t offset = in.le32();
      const std::size_t size = in.le32();
      if (in.is_ok() && code == kPipeTransceive) {
        state.remember_read(message.key, {handle, 0, message.tree});
        state.move_pipe(direction, handle, message.tree, part(message, offset, size));
      }
      break;
    }
    default:
      break;
  }
  transaction.complete(direction);
  return taken;
}

void answer_tree_connect(const Message& message, Cursor in, SmbState& state) {
  in.skip(2);
  const std::uint8_t kind = in.u8();
  const bool is_pipe = kind == kSharePipe;
  if (in.is_ok()) state.set_pipe_tree(message.tree, is_pipe);
  SmbTransaction* transaction = state.find_request(message.key);
  if (transaction == nullptr) return;
  transaction->put(is_pipe ? BufferId::SmbNamedPipe : BufferId::SmbShare, Direction::ToServer, transaction->share);
}

SmbTaken take_response(Direction direction, const Message& message, SmbState& state) {
  SmbTaken taken;
  if (message.status == kStatusPending) return taken;
  Cursor in{message.bytes};
  in.skip(kSmb2Header);
  if (SmbTransaction* transaction = state.find_request(message.key)) {
    transaction->put(NumberId::SmbNtStatus, direction, message.status);
  }
  switch (message.command) {
    case kTreeConnect:
      answer_tree_connect(message, in, state);
      break;
    case kCreate: {
      in.skip(64);
      const std::string handle = file_id(in);
      if (in.is_ok()) state.open_handle(message.key, handle);
      break;
    }
    case kRead: {
      const auto read = state.take_read(message.key);
      in.skip(2);
      const std::size_t offset = in.u8();
      in.skip(1);
      const std::size_t size = in.le32();
      if (!read || !in.is_ok() || message.status != 0) break;
      state.close_request(message.key);
      state.move_data(direction, read->handle, read->tree, read->offset, part(message, offset, size));
      taken.moves_data = true;
      return taken;
    }
    case kIoctl: {
      const auto read = state.take_read(message.key);
      in.skip(4 + 4 + 16 + 8);
      const std::size_t offset = in.le32();
      const std::size_t size = in.le32();
      if (read && in.is_ok()) state.move_pipe(direction, read->handle, read->tree, part(message, offset, size));
      break;
    }
    default:
      break;
  }
  state.close_request(message.key);
  return taken;
}

}  // namespace

SmbTaken take_smb2(Direction direction, ByteView bytes, SmbState& state) {
  SmbTaken taken;
  for (int chained = 0; chained < 64 && bytes.size() >= kSmb2Header; ++chained) {
    Cursor in{bytes};
    Message message;
    in.skip(8);
    message.status = in.le32();
    message.command = in.le16();
    in.skip(2);
    const std::uint32_t flags = in.le32();
    const std::size_t next = in.le32();
    message.key = in.le64();
    in.skip(4);
    message.tree = in.le32();
    message.session = in.le64();
    message.is_response = (flags & kIsResponse) != 0;
    if (message.command > kMaxCommand || bytes[0] != 0xfe) return {false, false};
    message.bytes = next >= kSmb2Header && next < bytes.size() ? bytes.first(next) : bytes;
    taken = message.is_response ? take_response(direction, message, state) : take_request(direction, message, state);
    if (!taken.is_ok || next < kSmb2Header || next >= bytes.size()) break;
    bytes = bytes.subspan(next);
  }
  return taken;
}

}  // namespace warder::ips::app
