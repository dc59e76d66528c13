package honeycomb

import (
	"net/http"

	"github.com/oriel-dev/oriel/internal/auth"
)

// operation is one operation of Honeycomb's API, as its published description
// lists it. A path's {name} stands for one segment; handlers read it, unescaped,
// with PathValue.
type operation struct {
	method, path string
	name         string // the description's operationId
	needs        permission
}

// permission is what a key must be allowed, in the names of Honeycomb's second API.
type permission string

const (
	anyKey           permission = ""
	sendEvents       permission = "send_events"
	createDatasets   permission = "create_datasets"
	manageColumns    permission = "manage_columns"
	runQueries       permission = "run_queries"
	manageBoards     permission = "manage_boards"
	manageMarkers    permission = "manage_markers"
	manageTriggers   permission = "manage_triggers"
	manageSLOs       permission = "manage_slos"
	manageRecipients permission = "manage_recipients"
	readServiceMaps  permission = "read_service_maps"
	manageSignals    permission = "manage_signals"
	manageKeys       permission = "manage_keys"
)

// granted reports whether a caller has the permission. An ingest key only sends,
// though it may create datasets by that.
func (p permission) granted(who *auth.Principal) bool {
	has := &who.Permissions
	if who.Kind == auth.HoneycombIngest && p != anyKey && p != sendEvents {
		return false
	}
	switch p {
	case anyKey:
		return true
	case sendEvents:
		return has.SendEvents
	case createDatasets:
		return has.CreateDatasets
	case manageColumns:
		return has.ManageColumns
	case runQueries:
		return has.RunQueries
	case manageBoards:
		return has.ManageBoards
	case manageMarkers:
		return has.ManageMarkers
	case manageTriggers:
		return has.ManageTriggers
	case manageSLOs:
		return has.ManageSLOs
	case manageRecipients:
		return has.ManageRecipients
	case readServiceMaps:
		return has.ReadServiceMaps
	case manageKeys:
		return has.ManageKeys
	case manageSignals: // no key of ours has it
	}
	return false
}

// operations are all operations of the vendor, served or not: those of its current
// description, and those that earlier editions had.
func operations() []operation { //nolint:funlen // data
	return []operation{
		// Events.
		{http.MethodPost, "/1/events/{dataset}", "createEvent", sendEvents},
		{http.MethodPost, "/1/batch/{dataset}", "createEvents", sendEvents},
		{http.MethodPost, "/1/kinesis_events/{dataset}", "createKinesisEvents", sendEvents},

		// Whose key it is.
		{http.MethodGet, "/1/auth", "getAuth", anyKey},
		{http.MethodGet, "/2/auth", "getV2Auth", anyKey},
		{http.MethodGet, "/1/team_slug", "getTeamSlug", anyKey}, // described nowhere; older clients won't start without it

		// Datasets.
		{http.MethodPost, "/1/datasets", "createDataset", createDatasets},
		{http.MethodGet, "/1/datasets", "listDatasets", createDatasets},
		{http.MethodGet, "/1/datasets/{dataset}", "getDataset", createDatasets},
		{http.MethodPut, "/1/datasets/{dataset}", "updateDataset", createDatasets},
		{http.MethodDelete, "/1/datasets/{dataset}", "deleteDataset", createDatasets},

		// Columns.
		{http.MethodPost, "/1/columns/{dataset}", "createColumn", manageColumns},
		{http.MethodGet, "/1/columns/{dataset}", "listColumns", manageColumns},
		{http.MethodGet, "/1/columns/{dataset}/{id}", "getColumn", manageColumns},
		{http.MethodPut, "/1/columns/{dataset}/{id}", "updateColumn", manageColumns},
		{http.MethodDelete, "/1/columns/{dataset}/{id}", "deleteColumn", manageColumns},

		// Dataset definitions.
		{http.MethodGet, "/1/dataset_definitions/{dataset}", "listDatasetDefinitions", createDatasets},
		{http.MethodPatch, "/1/dataset_definitions/{dataset}", "patchDatasetDefinitions", createDatasets},

		// Calculated fields.
		{http.MethodPost, "/1/derived_columns/{dataset}", "createCalculatedField", manageColumns},
		{http.MethodGet, "/1/derived_columns/{dataset}", "listCalculatedFields", manageColumns},
		{http.MethodGet, "/1/derived_columns/{dataset}/{id}", "getCalculatedField", manageColumns},
		{http.MethodPut, "/1/derived_columns/{dataset}/{id}", "updateCalculatedField", manageColumns},
		{http.MethodDelete, "/1/derived_columns/{dataset}/{id}", "deleteCalculatedField", manageColumns},

		// Queries.
		{http.MethodPost, "/1/queries/{dataset}", "createQuery", manageColumns},
		{http.MethodGet, "/1/queries/{dataset}/{id}", "getQuery", manageColumns},

		// Query results.
		{http.MethodPost, "/1/query_results/{dataset}", "createQueryResult", runQueries},
		{http.MethodGet, "/1/query_results/{dataset}/{id}", "getQueryResult", runQueries},

		// Query annotations.
		{http.MethodPost, "/1/query_annotations/{dataset}", "createQueryAnnotation", manageColumns},
		{http.MethodGet, "/1/query_annotations/{dataset}", "listQueryAnnotations", manageColumns},
		{http.MethodGet, "/1/query_annotations/{dataset}/{id}", "getQueryAnnotation", manageColumns},
		{http.MethodPut, "/1/query_annotations/{dataset}/{id}", "updateQueryAnnotation", manageColumns},
		{http.MethodDelete, "/1/query_annotations/{dataset}/{id}", "deleteQueryAnnotation", manageColumns},

		// Markers.
		{http.MethodPost, "/1/markers/{dataset}", "createMarker", manageMarkers},
		{http.MethodGet, "/1/markers/{dataset}", "getMarker", manageMarkers},
		{http.MethodPut, "/1/markers/{dataset}/{id}", "updateMarker", manageMarkers},
		{http.MethodDelete, "/1/markers/{dataset}/{id}", "deleteMarker", manageMarkers},

		// Marker settings.
		{http.MethodPost, "/1/marker_settings/{dataset}", "createMarkerSetting", manageMarkers},
		{http.MethodGet, "/1/marker_settings/{dataset}", "listMarkerSettings", manageMarkers},
		{http.MethodPut, "/1/marker_settings/{dataset}/{id}", "updateMarkerSettings", manageMarkers},
		{http.MethodDelete, "/1/marker_settings/{dataset}/{id}", "deleteMarkerSettings", manageMarkers},

		// Boards.
		{http.MethodPost, "/1/boards", "createBoard", manageBoards},
		{http.MethodGet, "/1/boards", "listBoards", manageBoards},
		{http.MethodGet, "/1/boards/{board}", "getBoard", manageBoards},
		{http.MethodPut, "/1/boards/{board}", "updateBoard", manageBoards},
		{http.MethodDelete, "/1/boards/{board}", "deleteBoard", manageBoards},
		{http.MethodPost, "/1/boards/{board}/views", "createBoardView", manageBoards},
		{http.MethodGet, "/1/boards/{board}/views", "listBoardViews", manageBoards},
		{http.MethodGet, "/1/boards/{board}/views/{view}", "getBoardView", manageBoards},
		{http.MethodPut, "/1/boards/{board}/views/{view}", "updateBoardView", manageBoards},
		{http.MethodDelete, "/1/boards/{board}/views/{view}", "deleteBoardView", manageBoards},

		// Triggers.
		{http.MethodPost, "/1/triggers/{dataset}", "createTrigger", manageTriggers},
		{http.MethodGet, "/1/triggers/{dataset}", "listTriggers", manageTriggers},
		{http.MethodGet, "/1/triggers/{dataset}/{id}", "getTrigger", manageTriggers},
		{http.MethodPut, "/1/triggers/{dataset}/{id}", "updateTrigger", manageTriggers},
		{http.MethodDelete, "/1/triggers/{dataset}/{id}", "deleteTrigger", manageTriggers},

		// SLOs.
		{http.MethodPost, "/1/slos/{dataset}", "createSlo", manageSLOs},
		{http.MethodGet, "/1/slos/{dataset}", "listSlos", manageSLOs},
		{http.MethodGet, "/1/slos/{dataset}/{id}", "getSlo", manageSLOs},
		{http.MethodPut, "/1/slos/{dataset}/{id}", "updateSlo", manageSLOs},
		{http.MethodDelete, "/1/slos/{dataset}/{id}", "deleteSlo", manageSLOs},
		{http.MethodGet, "/1/slos/{dataset}/{id}/counts", "getSloRealtimeCounts", manageSLOs},
		{http.MethodGet, "/1/slos/{dataset}/{id}/counts/history", "getSloHourlyCountsHistory", manageSLOs},
		{http.MethodPost, "/1/reporting/slos/historical", "getSloHistory", manageSLOs},

		// Burn alerts.
		{http.MethodPost, "/1/burn_alerts/{dataset}", "createBurnAlert", manageSLOs},
		{http.MethodGet, "/1/burn_alerts/{dataset}", "listBurnAlertsBySlo", manageSLOs},
		{http.MethodGet, "/1/burn_alerts/{dataset}/{id}", "getBurnAlert", manageSLOs},
		{http.MethodPut, "/1/burn_alerts/{dataset}/{id}", "updateBurnAlert", manageSLOs},
		{http.MethodDelete, "/1/burn_alerts/{dataset}/{id}", "deleteBurnAlert", manageSLOs},

		// Recipients.
		{http.MethodPost, "/1/recipients", "createRecipient", manageRecipients},
		{http.MethodGet, "/1/recipients", "listRecipients", manageRecipients},
		{http.MethodGet, "/1/recipients/{id}", "getRecipient", manageRecipients},
		{http.MethodPut, "/1/recipients/{id}", "updateRecipient", manageRecipients},
		{http.MethodDelete, "/1/recipients/{id}", "deleteRecipient", manageRecipients},
		{http.MethodGet, "/1/recipients/{id}/triggers", "listTriggersWithRecipient", manageRecipients},

		// Service maps.
		{http.MethodPost, "/1/maps/dependencies/requests", "createMapDependencyRequest", readServiceMaps},
		{http.MethodGet, "/1/maps/dependencies/requests/{request}", "getMapDependencies", readServiceMaps},

		// Anomaly signals.
		{http.MethodGet, "/1/signals", "listSignals", manageSignals},
		{http.MethodGet, "/1/signals/{id}", "getSignal", manageSignals},
		{http.MethodPut, "/1/signals/{id}", "updateSignal", manageSignals},
		{http.MethodGet, "/1/signals/{id}/historical_anomalies", "listSignalHistoricalAnomalies", manageSignals},

		// Environments and API keys of a team.
		{http.MethodPost, "/2/teams/{team}/api-keys", "createApiKey", manageKeys},
		{http.MethodGet, "/2/teams/{team}/api-keys", "listApiKeys", manageKeys},
		{http.MethodPost, "/2/teams/{team}/environments", "createEnvironment", manageKeys},
		{http.MethodGet, "/2/teams/{team}/environments", "listEnvironments", manageKeys},
		{http.MethodGet, "/2/teams/{team}/api-keys/{id}", "getApiKey", manageKeys},
		{http.MethodPatch, "/2/teams/{team}/api-keys/{id}", "updateApiKey", manageKeys},
		{http.MethodDelete, "/2/teams/{team}/api-keys/{id}", "deleteApiKey", manageKeys},
		{http.MethodGet, "/2/teams/{team}/environments/{id}", "getEnvironment", manageKeys},
		{http.MethodPatch, "/2/teams/{team}/environments/{id}", "updateEnvironment", manageKeys},
		{http.MethodDelete, "/2/teams/{team}/environments/{id}", "deleteEnvironment", manageKeys},

		// Of the edition of January 2026; programs that were written then still call them.
		{http.MethodPost, "/2/teams/{team}/markers", "createMarkerV2", manageMarkers},
		{http.MethodPatch, "/2/teams/{team}/markers/{id}", "updateMarkerV2", manageMarkers},
		{http.MethodGet, "/2/teams/{team}/pipelines/{pipeline}/configurations/{id}", "getPipelineConfiguration", manageKeys},
		{http.MethodPatch, "/2/teams/{team}/pipelines/{pipeline}/rollouts/{id}", "updatePipelineConfigurationRollout", manageKeys},
		{http.MethodPost, "/2/teams/{team}/pipelines/{pipeline}/health", "recordPipelineUsage", manageKeys},
		{http.MethodPost, "/2/teams/{team}/enhance_indexer_usage", "recordEnhanceIndexerUsage", manageKeys},
	}
}
