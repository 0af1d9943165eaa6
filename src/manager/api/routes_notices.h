// Channels through which people are told, and on-call rotas.
#pragma once

#include "host/clock.h"
#include "manager/api/router.h"
#include "manager/notify/notifier.h"

namespace warder::manager {

void add_notice_routes(Routes& routes, NoticeChannels& channels, NoticeOutbox& notices, Notifier& notifier);
void add_rota_routes(Routes& routes, Rotas& rotas, const host::Clock& clock);

}  // namespace warder::manager
