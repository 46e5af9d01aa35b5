--[[ A request that no pod has taken for this long is not run any more, ms. ]]
local REQUEST_AGE = 3600000
