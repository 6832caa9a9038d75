use super::Api;
pub(super) fn register(api: Api) -> Api {
    api
}
