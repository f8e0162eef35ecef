from sacred.testing.claims_contract import ClaimsContract as ClaimsContract
from sacred.testing.observer_contract import ObserverContract as ObserverContract
from sacred.testing.store_contract import StoreContract as StoreContract
