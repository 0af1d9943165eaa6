// What SMB 1 and SMB 2 have in common in one connection: open requests, shares, files that are read and written, pipes.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engines/ips/app/dcerpc_session.h"
#include "engines/ips/app/field_transaction.h"
#include "engines/ips/app/parser.h"

namespace warder::ips::app {

enum class SmbEvent : std::uint8_t {
  InternalError,
  MalformedData,
  RecordOverflow,
  MalformedNtlmsspRequest,
  MalformedNtlmsspResponse,
  DuplicateNegotiate,
  NegotiateMalformedDialects,
  FileOverlap,
  RequestToClient,
  ResponseToServer,
  ReadRequestTooLarge,
  ReadResponseTooLarge,
  WriteRequestTooLarge,
};

/// A request and its response.
class SmbTransaction final : public FieldTransaction {
 public:
  /// The share of a tree connect: named_pipe or share, which only the response tells.
  std::string share;
  bool is_tree_connect = false;
};

/// A file (or pipe) that is open: what is moved through it goes here.
struct SmbHandle {
  std::string name;
  bool is_pipe = false;
  DcerpcSession rpc;                           // of a pipe
  std::uint64_t file_transaction[2] = {0, 0};  // id + 1 of the transaction that carries the file, by direction
  std::uint64_t next_offset[2] = {0, 0};
};

/// Single-threaded; bounded.
class SmbState {
 public:
  SmbState(const Limits& limits, TransactionList& transactions) : limits_(limits), transactions_(transactions) {}

  /// A new request, kept until its response under `key` (message id with what makes it unique).
  SmbTransaction& open_request(std::uint64_t key, std::uint8_t version);
  /// The request of a response; nothing when it was not seen or is released.
  SmbTransaction* find_request(std::uint64_t key);
  void close_request(std::uint64_t key);

  /// Files that a request names before the response brings the handle.
  void remember_name(std::uint64_t key, std::string name, std::uint64_t tree);
  void open_handle(std::uint64_t key, const std::string& handle);
  void close_handle(const std::string& handle);
  SmbHandle& handle(const std::string& handle, std::uint64_t tree);
  /// For a read: which handle and offset the response's data belong to.
  struct PendingRead {
    std::string handle;
    std::uint64_t offset = 0;
    std::uint64_t tree = 0;
  };
  void remember_read(std::uint64_t key, PendingRead read);
  std::optional<PendingRead> take_read(std::uint64_t key);

  void set_pipe_tree(std::uint64_t tree, bool is_pipe);

  /// Bytes moved through a handle: a file's content, or DCE/RPC in a pipe. `expected` is how many belong to this move
  /// in all, when later ones follow through `continue_data`.
  void move_data(Direction direction, const std::string& handle, std::uint64_t tree, std::uint64_t offset,
                 ByteView bytes);
  /// What follows the last move of this direction.
  void continue_data(Direction direction, ByteView bytes);
  /// DCE/RPC that a transact request or answer carries.
  void move_pipe(Direction direction, const std::string& handle, std::uint64_t tree, ByteView bytes);

  void raise(SmbEvent event, Direction direction, SmbTransaction* transaction);
  void end(Direction direction);
  [[nodiscard]] TransactionList& transactions() noexcept { return transactions_; }

 private:
  SmbTransaction* find(std::uint64_t id);
  SmbTransaction& file_transaction(SmbHandle& handle, Direction direction);
  void finish_files(SmbHandle& handle, bool is_whole);

  static constexpr std::size_t kMaxEntries = 1024;  // of each of the maps below

  const Limits& limits_;
  TransactionList& transactions_;
  std::map<std::uint64_t, std::uint64_t> requests_;  // key → transaction id
  struct Name {
    std::string name;
    std::uint64_t tree = 0;
  };
  std::map<std::uint64_t, Name> names_;
  std::map<std::uint64_t, PendingRead> reads_;
  std::map<std::uint64_t, bool> pipe_trees_;
  std::map<std::string, SmbHandle> handles_;
  std::string last_moved_[2];
};

}  // namespace warder::ips::app
