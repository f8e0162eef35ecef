from sacred.testing.claims_contract import ClaimsContract as ClaimsContract
from sacred.testing.executor_contract import ExecutorContract as ExecutorContract
from sacred.testing.observer_contract import ObserverContract as ObserverContract
from sacred.testing.store_contract import StoreContract as StoreContract
