// Alerts, and what a tenant has decided about them.
#pragma once

#include "manager/alerts/alert_settings.h"
#include "manager/alerts/alerts.h"
#include "manager/api/router.h"
#include "manager/notify/channels.h"
#include "manager/notify/rotas.h"

namespace warder::manager {

void add_alert_routes(Routes& routes, Alerts& alerts, AlertSettings& settings);
void add_alert_setting_routes(Routes& routes, Alerts& alerts, AlertSettings& settings, NoticeChannels& channels,
                              Rotas& rotas);

}  // namespace warder::manager
